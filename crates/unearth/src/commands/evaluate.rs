//! `unearth evaluate`: how well each signal finds wrong labels.

use crate::{
    cli::EvaluateArgs,
    client::{locate, weights::Weights},
    commands::recipe,
    evaluation::{
        Choice, Copies, Evaluation, Noise, Plan, Subject, WrongLabels, listing, svg, table,
    },
    exit::{Failure, WRONG_ARGUMENTS},
    output::{beside, writable, write},
};
use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Map, Value};
use std::path::PathBuf;
use tempfile::TempDir;

#[tokio::main]
pub(crate) async fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    let wanted = Wanted::of(args).map_err(wrong_arguments)?;
    let folder = TempDir::new().context("cannot make a temporary folder")?;
    let subject = Subject::read(&args.path, &wanted.choice, folder.path())?;
    let wrong_labels = wanted
        .truth
        .wrong_labels(&subject)
        .map_err(wrong_arguments)?;
    wrong_labels.check(&subject).map_err(wrong_arguments)?;
    check_folds(args.folds, &subject).map_err(wrong_arguments)?;

    let located = locate::server(&args.server).await?;
    let plan = Plan {
        copies: Copies {
            client: &located.client,
            subject: &subject,
            folder: folder.path(),
        },
        wrong_labels: &wrong_labels,
        recipe: &wanted.recipe,
        folds: args.folds,
        with_archaeology: args.archaeology,
    };
    let evaluated = tokio::select! {
        evaluated = evaluated(plan, &wanted, args.seeds.get() as u64) => evaluated,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted; what was done is kept, and the same command goes on from there").into()),
    };
    located.release().await?;
    evaluated
}

/// What the arguments ask for, as far as it can be known without the dataset.
struct Wanted {
    choice: Choice,
    truth: Truth,
    weights: Option<Weights>,
    recipe: Map<String, Value>,
    out: PathBuf,
    plot: PathBuf,
}

/// What is known of the true labels.
enum Truth {
    /// They are the dataset's, and wrong ones are planted.
    Dataset(Noise),
    /// They stand in a file.
    File(PathBuf),
}

impl Wanted {
    fn of(args: &EvaluateArgs) -> Result<Self> {
        let weights = args.recipe.init.as_deref().map(Weights::of).transpose()?;
        ensure!(
            args.folds != 1,
            "`--folds 1` would train on nothing; take 0 for no baseline, or 2 and more"
        );
        Ok(Self {
            choice: Choice {
                split: args.split.clone(),
                limit: args.limit,
                skip_bad_examples: args.skip_bad_examples,
            },
            truth: match (args.wrong_labels.noise, &args.wrong_labels.true_labels) {
                (Some(noise), _) => Truth::Dataset(noise),
                (None, Some(file)) => Truth::File(file.clone()),
                (None, None) => return Err(anyhow!("give `--noise` or `--true-labels`")),
            },
            // The copy that is audited has no splits: it holds the chosen examples alone.
            recipe: recipe::request(&args.recipe, weights.as_ref(), None)?,
            weights,
            out: writable(&args.out, "--out")?,
            plot: writable(&args.plot, "--plot")?,
        })
    }
}

impl Truth {
    fn wrong_labels(&self, subject: &Subject) -> Result<WrongLabels> {
        match self {
            Self::Dataset(noise) => Ok(WrongLabels::Planted(*noise)),
            Self::File(file) => WrongLabels::known(file, subject),
        }
    }
}

/// Does every trial, prints what came of them, and writes it down.
async fn evaluated(plan: Plan<'_>, wanted: &Wanted, seeds: u64) -> Result<(), Failure> {
    if let Some(weights) = &wanted.weights {
        weights.bring_to(plan.copies.client).await?;
    }
    let mut trials = Vec::new();
    for seed in 0..seeds {
        trials.push(plan.trial(seed).await?);
    }
    let evaluation = Evaluation::of(&plan, &trials)?;
    println!("\n{}", table(&evaluation));
    let mut figures = serde_json::to_vec_pretty(&evaluation).context("cannot write the figures")?;
    figures.push(b'\n');
    let outputs = [
        ("figures", wanted.out.clone(), figures),
        (
            "wrong labels",
            beside(&wanted.out, ".csv"),
            listing(plan.copies.subject, &trials)?,
        ),
        ("plot", wanted.plot.clone(), svg(&evaluation).into_bytes()),
    ];
    for (what, file, bytes) in outputs {
        write(&file, &bytes)?;
        println!("{what:<12} {}", std::path::absolute(&file)?.display());
    }
    Ok(())
}

fn check_folds(folds: usize, subject: &Subject) -> Result<()> {
    let most = subject.len() / 2;
    ensure!(
        folds <= most,
        "`--folds {folds}` is too many for {} examples; take at most {most}",
        subject.len()
    );
    Ok(())
}

fn wrong_arguments(error: anyhow::Error) -> Failure {
    Failure::with_code(WRONG_ARGUMENTS, error)
}
