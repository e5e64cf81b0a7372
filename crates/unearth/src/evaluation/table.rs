//! An evaluation for the terminal.

use super::{
    Evaluation,
    figures::{Summary, TrialRecord},
    judgement::Cutoff,
    spread::shown,
};
use std::fmt::Write as _;

/// Cutoffs that have a column.
const CUTOFFS: [Cutoff; 3] = [Cutoff::Hundred, Cutoff::FivePercent, Cutoff::NumberWrong];
const NONE: &str = "–";

/// What was measured over all seeds, and seed by seed.
pub(crate) fn table(evaluation: &Evaluation) -> String {
    let mut text = format!("{}: {}\n\n", evaluation.dataset.name, what(evaluation));
    text += &aligned(&rankings(evaluation), 1);
    if evaluation.folds > 0 {
        let _ = writeln!(
            text,
            "* the baseline: probability of the given label by the same model out of fold, {} folds",
            evaluation.folds
        );
    }
    text.push('\n');
    text += &aligned(&trials(&evaluation.trials), 0);
    text += NOTE;
    text += &archaeologies(&evaluation.trials);
    let reasons = evaluation
        .trials
        .iter()
        .filter_map(|trial| trial.cost.reason.map(|why| (trial.seed, why)));
    for (seed, why) in reasons {
        let _ = writeln!(text, "seed {seed} has no times: {why}");
    }
    text
}

const NOTE: &str = "\
baseline, best: what label_issue has more than the baseline, and than the best other signal of that seed\n\
audit, no sweeps, all folds: the time of the whole audit, of the audit less its gradient sweeps, and of the\n\
baseline, divided by its plain training: the main run's optimiser steps, with the record of every example\n";

/// What was evaluated, in one line.
pub(super) fn what(evaluation: &Evaluation) -> String {
    let Evaluation {
        dataset,
        examples,
        trials,
        ..
    } = evaluation;
    let split = dataset
        .split
        .as_ref()
        .map(|split| format!(" of the split {split}"));
    let seeds = match trials.len() {
        1 => "1 seed".to_owned(),
        seeds => format!("{seeds} seeds, mean [range]"),
    };
    format!(
        "{examples} examples{}, {} labels wrong, {}; {seeds}",
        split.unwrap_or_default(),
        wrong(trials),
        evaluation.wrong_labels_are,
    )
}

/// How many labels are wrong: the same number in every trial, or from … to ….
fn wrong(trials: &[TrialRecord]) -> String {
    let counts = || trials.iter().map(|trial| trial.wrong);
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    if least == most {
        return least.to_string();
    }
    format!("{least}–{most}")
}

fn rankings(evaluation: &Evaluation) -> Vec<Vec<String>> {
    let any_without = |summary: &Summary| summary.without_score.max > 0.0;
    let has_gaps = evaluation.rankings.iter().any(any_without);
    let mut header = vec!["ranking".to_owned(), "AUROC".to_owned(), "AP".to_owned()];
    header.extend(CUTOFFS.map(|cutoff| match cutoff {
        Cutoff::Hundred => "P@100".to_owned(),
        Cutoff::FivePercent => "P@5 %".to_owned(),
        _ => "P@wrong".to_owned(),
    }));
    header.extend(has_gaps.then(|| "no score".to_owned()));
    let mut rows = vec![header];
    for summary in &evaluation.rankings {
        let mark = if summary.is_baseline { " *" } else { "" };
        let mut row = vec![
            format!("{}{mark}", summary.ranking.name()),
            shown(&summary.auroc),
            shown(&summary.average_precision),
        ];
        row.extend(CUTOFFS.map(|cutoff| {
            let mut all = summary.precision_at.iter();
            let precision = all
                .find(|at| at.cutoff == cutoff)
                .and_then(|at| at.precision);
            precision.map_or_else(
                || NONE.to_owned(),
                |precision| format!("{:.3}", precision.mean),
            )
        }));
        row.extend(has_gaps.then(|| match summary.without_score.max {
            0.0 => String::new(),
            most => format!("{most:.0}"),
        }));
        rows.push(row);
    }
    let chance = chance(&evaluation.trials, evaluation.examples);
    let chance = std::iter::repeat_n(format!("{chance:.3}"), 1 + CUTOFFS.len());
    let mut last = vec!["chance".to_owned(), "0.500".to_owned()];
    last.extend(chance);
    rows.push(last);
    rows
}

/// Average precision, and precision anywhere, of a ranking that knows nothing.
pub(super) fn chance(trials: &[TrialRecord], examples: usize) -> f64 {
    let wrong: usize = trials.iter().map(|trial| trial.wrong).sum();
    wrong as f64 / (trials.len() * examples) as f64
}

fn trials(trials: &[TrialRecord]) -> Vec<Vec<String>> {
    let header = [
        "seed",
        "AP-baseline",
        "AUROC-baseline",
        "AP-best",
        "AUROC-best",
        "best other",
        "audit",
        "no sweeps",
        "all folds",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let number =
        |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.2}"));
    let signed =
        |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| format!("{value:+.3}"));
    for trial in trials {
        let (baseline, best) = (trial.over_baseline, trial.over_best_other);
        let relative = trial.cost.relative;
        rows.push(vec![
            trial.seed.to_string(),
            signed(baseline.map(|difference| difference.average_precision)),
            signed(baseline.map(|difference| difference.auroc)),
            signed(Some(best.average_precision)),
            signed(Some(best.auroc)),
            best.other.name().to_owned(),
            number(relative.map(|relative| relative.audit)),
            number(relative.map(|relative| relative.audit_without_sweeps)),
            number(relative.and_then(|relative| relative.baseline)),
        ]);
    }
    rows
}

/// Every category of every trial against the truth; nothing without an archaeology.
fn archaeologies(trials: &[TrialRecord]) -> String {
    let header = [
        "category",
        "seed",
        "recall",
        "precision",
        "of right",
        "of wrong",
        "contaminated",
        "estimate",
    ];
    let number =
        |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.2}"));
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for trial in trials {
        let categories = trial.archaeology.iter().flat_map(|it| &it.categories);
        rows.extend(categories.map(|category| {
            vec![
                category.name.clone(),
                trial.seed.to_string(),
                number(category.recall),
                number(category.precision),
                number(Some(category.of_right)),
                number(Some(category.of_wrong)),
                number(category.contamination),
                number(category.estimated_contamination),
            ]
        }));
    }
    if rows.len() == 1 {
        return String::new();
    }
    let note = "of right, of wrong: share of the examples with a right or a wrong label that the vote calls so;\n\
                contaminated: wrong labels among the dataset's own examples in the suite, and the audit's estimate\n";
    format!(
        "\narchaeology, recall and precision on held-out probes:\n\n{}{note}",
        aligned(&rows, 1)
    )
}

/// Columns side by side, the first `names` of them to the left and the others to the right.
fn aligned(rows: &[Vec<String>], names: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| {
                if column < names {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            })
            .collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}
