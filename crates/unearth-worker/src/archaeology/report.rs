//! How well an archaeology worked, in figures and in words.

use super::{Member, Trajectories, suites::Difficulty, votes::Votes};
use unearth_audit::{
    Archaeology, ArchaeologyReport, CategoryReport, GroupReport, LogitSource, RELIABLE_FROM, Suite,
};
use unearth_signals::{
    archaeology::Confusion,
    dynamics,
    proportion::{Confidence, wilson},
};
use unearth_store::probes::Probe;

/// All that a report is made from.
pub(super) struct Measured<'a> {
    pub(super) groups: Vec<GroupReport>,
    pub(super) archaeology: &'a Archaeology,
    pub(super) logits: LogitSource,
    pub(super) epochs: usize,
    pub(super) members: &'a [Member],
    pub(super) trajectories: &'a Trajectories,
    pub(super) confusion: &'a Confusion,
    pub(super) votes: &'a Votes,
    /// Estimated share of wrong labels in each suite.
    pub(super) contamination: &'a [Option<f64>],
    pub(super) probes: &'a [Probe],
    pub(super) trained: &'a [u32],
    /// What ranked typical and atypical examples.
    pub(super) difficulty: Option<&'a Difficulty>,
}

/// The report of an archaeology.
pub(super) fn of(measured: &Measured<'_>) -> ArchaeologyReport {
    let confusion = measured.confusion;
    let names = measured.archaeology.categories();
    let called = measured.votes.called();
    let voted: u64 = called.iter().sum();
    let prevalence = confusion.prevalence(&called);
    let categories: Vec<CategoryReport> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let corrected = prevalence.as_ref().map(|shares| shares[at]);
            measured.category(at, name, called[at], voted, corrected)
        })
        .collect();
    let accuracy = confusion.balanced_accuracy();
    let (worked, verdict) = verdict(&categories, accuracy);
    ArchaeologyReport {
        variant: measured.archaeology.variant,
        neighbours: measured.archaeology.neighbours,
        logits: measured.logits,
        worked,
        verdict,
        accuracy,
        categories,
        confusion: confusion.counts().to_vec(),
        voted,
        tied: measured.votes.tied(),
        not_voted: measured.votes.len() as u64 - voted,
        sources: sources(measured),
        groups: measured.groups.clone(),
        ranked_by: measured.difficulty.map(Difficulty::source),
        pilot_accuracy: measured
            .difficulty
            .and_then(|it| it.pilot_accuracy(measured.trained)),
    }
}

impl Measured<'_> {
    fn category(
        &self,
        at: usize,
        name: &str,
        called: u64,
        voted: u64,
        prevalence: Option<f64>,
    ) -> CategoryReport {
        let of_category = || self.members.iter().filter(|it| it.category == at);
        let held_out = self.confusion.total(at);
        let right = self.confusion.counts()[at][at];
        let (recall, precision) = (self.confusion.recall(at), self.confusion.precision(at));
        let is_enough = |rate: Option<f64>| rate.is_some_and(|rate| rate >= RELIABLE_FROM);
        let interval = wilson(right as usize, held_out as usize, Confidence::P95);
        let mut category = CategoryReport {
            name: name.to_owned(),
            fitted: of_category().filter(|it| it.fits).count() as u32,
            held_out,
            recall,
            recall_interval: recall.map(|_| [interval.lower, interval.upper]),
            precision,
            reliable: is_enough(recall) && is_enough(precision),
            false_positive_rate: self.false_positive_rate(at),
            called,
            share: called as f64 / voted.max(1) as f64,
            prevalence: None,
            trajectory: self.mean_trajectory(at),
            contamination: self.contamination[at],
            examples: of_category().filter_map(|it| it.row.example()).collect(),
            note: None,
        };
        // The correction divides by recalls; of one that is hardly found it says anything.
        category.prevalence = prevalence.filter(|_| category.reliable);
        category.note = note(&category);
        category
    }

    /// Share of the held-out probes of other categories that are called so.
    fn false_positive_rate(&self, category: usize) -> Option<f64> {
        let others = (0..self.confusion.counts().len()).filter(|&other| other != category);
        let total: u32 = others.clone().map(|it| self.confusion.total(it)).sum();
        let called: u32 = others.map(|it| self.confusion.counts()[it][category]).sum();
        (total > 0).then(|| f64::from(called) / f64::from(total))
    }

    fn mean_trajectory(&self, category: usize) -> Vec<Option<f64>> {
        let members = self.members.iter().filter(|it| it.category == category);
        let trajectories: Vec<&[f32]> = members
            .filter_map(|member| self.trajectories.get(member.row))
            .collect();
        (0..self.epochs)
            .map(|epoch| {
                dynamics::mean(trajectories.iter().filter_map(|it| it.get(epoch).copied()))
            })
            .collect()
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn note(category: &CategoryReport) -> Option<String> {
    let rate = |rate: Option<f64>| rate.map_or("unknown".to_owned(), |rate| format!("{rate:.2}"));
    let mut notes = Vec::new();
    if !category.reliable {
        notes.push(format!(
            "unreliable: of its held-out probes it finds {} (recall), and of those it names {} are (precision)",
            rate(category.recall),
            rate(category.precision)
        ));
    }
    if let Some(false_positives) = category.false_positive_rate
        && category.share <= false_positives
    {
        notes.push(format!(
            "{} of the examples are called so, and {} of the held-out probes that are not: that is its rate of false alarms",
            percent(category.share),
            percent(false_positives)
        ));
    }
    if category.name == Suite::Corrupted.as_str() {
        notes.push(format!(
            "{} of the examples are called so: where none is damaged, that is its false-positive rate",
            percent(category.share)
        ));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Whether the categories can be used, and a sentence about it.
fn verdict(categories: &[CategoryReport], accuracy: Option<f64>) -> (bool, String) {
    let chance = 1.0 / categories.len().max(1) as f64;
    let names = |reliable: bool| -> Vec<&str> {
        let chosen = categories.iter().filter(|it| it.reliable == reliable);
        chosen.map(|it| it.name.as_str()).collect()
    };
    let (good, bad) = (names(true), names(false));
    let told = accuracy.map_or("could not be measured".to_owned(), |accuracy| {
        format!(
            "{} of them are told apart (chance is {})",
            percent(accuracy),
            percent(chance)
        )
    });
    let worked = good.len() >= 2 && accuracy.is_some_and(|accuracy| accuracy >= RELIABLE_FROM);
    let verdict = match (worked, bad.is_empty()) {
        (true, true) => format!("It worked on this dataset: held-out probes: {told}."),
        (true, false) => format!(
            "It worked in part: held-out probes: {told}. Do not rely on {}.",
            bad.join(", ")
        ),
        (false, _) => format!(
            "It did not work on this dataset: held-out probes: {told}. Do not rely on these categories."
        ),
    };
    (worked, verdict)
}

/// Where the synthesised probes come from, and what that does.
fn sources(measured: &Measured<'_>) -> String {
    let made: Vec<u32> = measured.probes.iter().filter_map(|it| it.source).collect();
    if measured.probes.is_empty() {
        return "no probe was synthesised".to_owned();
    }
    let trained = made
        .iter()
        .filter(|&source| measured.trained.binary_search(source).is_ok())
        .count();
    if trained == 0 {
        return "synthesised probes were made from examples that were not trained on".to_owned();
    }
    format!(
        "{trained} synthesised probes were made from examples that were trained on, too: these were seen a second time, with noise or under a wrong label, which moves their own scores a little"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(name: &str, recall: f64, precision: f64) -> CategoryReport {
        CategoryReport {
            name: name.into(),
            fitted: 10,
            held_out: 10,
            recall: Some(recall),
            recall_interval: None,
            precision: Some(precision),
            reliable: recall >= RELIABLE_FROM && precision >= RELIABLE_FROM,
            false_positive_rate: Some(0.2),
            called: 10,
            share: 0.1,
            prevalence: Some(0.02),
            trajectory: vec![],
            contamination: None,
            examples: vec![],
            note: None,
        }
    }

    #[test]
    fn the_verdict_names_what_cannot_be_relied_on() {
        let good = [
            category("typical", 0.9, 0.9),
            category("atypical", 0.8, 0.9),
        ];
        let (worked, said) = verdict(&good, Some(0.85));
        assert!(
            worked && said.starts_with("It worked on this dataset"),
            "{said}"
        );

        let mixed = [good.to_vec(), vec![category("corrupted", 0.3, 0.9)]].concat();
        let (worked, said) = verdict(&mixed, Some(0.66));
        assert!(
            worked && said.contains("Do not rely on corrupted."),
            "{said}"
        );

        let (worked, said) = verdict(&mixed, Some(0.4));
        assert!(!worked && said.contains("did not work"), "{said}");
        assert!(!verdict(&good, None).0);
    }

    #[test]
    fn false_alarms_are_called_by_their_name() {
        let said = note(&category("corrupted", 0.9, 0.9)).unwrap();
        assert!(
            said.contains("10.0 % of the examples are called so, and 20.0 %"),
            "{said}"
        );
        let frequent = |name| CategoryReport {
            share: 0.5,
            ..category(name, 0.9, 0.9)
        };
        assert_eq!(note(&frequent("atypical")), None);
        let said = note(&frequent("corrupted")).unwrap();
        assert_eq!(
            said,
            "50.0 % of the examples are called so: where none is damaged, that is its false-positive rate"
        );
    }
}
