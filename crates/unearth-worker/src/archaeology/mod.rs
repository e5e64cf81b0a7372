//! Metadata archaeology of an audit: of which kind every example is, by the vote of probes that were
//! learned alike.
//!
//! The way: synthesised probes are trained on beside the examples of the main run; a pilot, or a column of
//! the dataset, ranks the examples; when all runs are over, both say which rows make the suites, half of
//! each votes on every example, and the other half tells how far that vote can be trusted.

mod contamination;
mod groups;
mod report;
mod suites;
mod trajectories;
mod votes;

use crate::{
    Worker, WorkerError,
    data::{Data, fill},
    score::{Reading, Source},
};
use futures::TryStreamExt as _;
use report::Measured;
use suites::Difficulty;
use trajectories::{Row, Trajectories};
use unearth_audit::{Archaeology, ArchaeologyVariant, LogitSource, Role, Suite};
use unearth_columns::Column;
use unearth_dataset::probes as drawing;
use unearth_signals::{
    archaeology::{Confusion, Voters, VotersError},
    score::Score,
};
use unearth_store::{
    archaeology, examples,
    probes::{self, Probe},
    runs::{self, ClaimedRun, Sibling},
};
use votes::Votes;

/// A row that is known to be of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Member {
    category: usize,
    row: Row,
    /// Whether it votes; the others measure the vote.
    fits: bool,
}

/// Which logits the trajectories come from.
fn logits(archaeology: &Archaeology, main: &Sibling) -> LogitSource {
    let shape = main.origin.shape();
    match archaeology.variant {
        // The only ones there are.
        _ if shape.is_external => shape.trajectory,
        ArchaeologyVariant::Unearth => LogitSource::InFlight,
        ArchaeologyVariant::Authors => LogitSource::EvalPass,
    }
}

/// Computes and stores the archaeology of an audit whose runs are trained. `run` is the one that is
/// held.
pub(crate) async fn run(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    archaeology: &Archaeology,
) -> Result<(), WorkerError> {
    let main = sibling(worker, run, Role::Main)
        .await?
        .ok_or_else(|| WorkerError::Inconsistent("the audit has no main run".to_owned()))?;
    let difficulty = difficulty(worker, run, data, archaeology).await?;
    let probes = probes::of_run(&worker.db, main.id).await?;
    let members = members(archaeology, difficulty.as_ref(), &probes, data);
    let logits = logits(archaeology, &main);

    let of_members =
        Trajectories::of(worker, &main, logits, members.iter().map(|it| it.row)).await?;
    let voters = voters(archaeology, &members, &of_members)?;
    let confusion = confusion(archaeology, &members, &of_members, &voters);
    let on_examples = Votes::of(worker, &main, logits, &voters, data.pack.len()).await?;

    let shape = main.origin.shape();
    let source = Source::new(worker, main.id, &shape, data);
    let groups = groups::reports(&source, archaeology, &members, &probes).await?;
    let report = report::of(&Measured {
        groups,
        archaeology,
        logits,
        epochs: shape.epochs as usize,
        members: &members,
        trajectories: &of_members,
        confusion: &confusion,
        votes: &on_examples,
        contamination: &contamination::of(archaeology, &members, &of_members)?,
        probes: &probes,
        trained: &data.trained,
        difficulty: difficulty.as_ref(),
    });
    let now = (worker.now)();
    archaeology::store(&worker.db, run, &report, on_examples.categorised(), now).await?;
    Ok(())
}

async fn sibling(
    worker: &Worker,
    run: &ClaimedRun,
    role: Role,
) -> Result<Option<Sibling>, WorkerError> {
    let siblings = runs::of_audit(&worker.db, run.audit_id, role).await?;
    Ok(siblings.into_iter().next())
}

/// What ranks the examples for typical and atypical; none where neither is wanted.
async fn difficulty(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    archaeology: &Archaeology,
) -> Result<Option<Difficulty>, WorkerError> {
    if let Some(pilot) = sibling(worker, run, Role::Pilot).await? {
        return of_pilot(worker, &pilot, data).await.map(Some);
    }
    let needs_it = archaeology
        .suites
        .iter()
        .any(|it| !Suite::is_synthesised(*it));
    if !needs_it {
        return Ok(None);
    }
    let mut given = Column::filled(&worker.scratch, data.pack.len(), Score::NONE)?;
    let difficulties = examples::difficulties(&worker.db, run.dataset_id);
    fill(&mut given, difficulties.map_ok(Score::from)).await?;
    Ok(Some(Difficulty::Given(given)))
}

async fn of_pilot(worker: &Worker, run: &Sibling, data: &Data) -> Result<Difficulty, WorkerError> {
    let shape = run.origin.shape();
    let source = Source::new(worker, run.id, &shape, data);
    let (learned, evaluated) = (source.learned().await?, source.evaluated().await?);
    let stayed = learned.of(Reading::StayedLearned).iter();
    let right = stayed.zip(evaluated.of(Reading::Correct));
    let agrees = right.map(|(stayed, correct)| {
        u8::from(stayed.get().is_some() && correct.get().is_some_and(|it| it > 0.0))
    });
    let losses = evaluated.of(Reading::MeanLoss).iter().copied();
    Ok(Difficulty::Pilot {
        loss: Column::collected(&worker.scratch, losses)?,
        agrees: Column::collected(&worker.scratch, agrees)?,
    })
}

/// The rows of every suite, categories in the order of [`Archaeology::categories`].
fn members(
    archaeology: &Archaeology,
    difficulty: Option<&Difficulty>,
    probes: &[Probe],
    data: &Data,
) -> Vec<Member> {
    let strata = data.strata();
    // Both halves of a suite go through the strata that there are, one by one.
    let in_turn = strata.with_members(&data.trained);
    let mut members = Vec::new();
    let mut add = |category: usize, rows: Vec<Row>, in_turn: usize| {
        let rows = rows.into_iter().enumerate();
        members.extend(rows.map(|(position, row)| Member {
            category,
            row,
            fits: drawing::fits(position, in_turn),
        }));
    };
    for (category, &suite) in archaeology.suites.iter().enumerate() {
        let rows: Vec<Row> = match difficulty {
            _ if suite.is_synthesised() => (0..probes.len())
                .filter(|&at| probes[at].suite == suite.as_str())
                .map(Row::Probe)
                .collect(),
            Some(difficulty) => {
                suites::members(suite, archaeology, difficulty, &data.trained, &strata)
                    .into_iter()
                    .map(Row::Example)
                    .collect()
            }
            None => vec![],
        };
        add(category, rows, in_turn);
    }
    for (at, suite) in archaeology.custom.iter().enumerate() {
        let is_trained = |index: &&u32| data.trained.binary_search(index).is_ok();
        let rows = suite.examples.iter().filter(is_trained).copied();
        add(
            archaeology.suites.len() + at,
            rows.map(Row::Example).collect(),
            1,
        );
    }
    members
}

/// The voters among the members.
fn voters(
    archaeology: &Archaeology,
    members: &[Member],
    trajectories: &Trajectories,
) -> Result<Voters, VotersError> {
    let categories = archaeology.categories().len();
    let mut voters = Voters::new(categories, archaeology.neighbours as usize);
    for member in members.iter().filter(|member| member.fits) {
        if let Some(trajectory) = trajectories.get(member.row) {
            voters.add(member.category, member.row.example(), trajectory)?;
        }
    }
    voters.check()?;
    Ok(voters)
}

impl From<VotersError> for WorkerError {
    fn from(error: VotersError) -> Self {
        Self::Inconsistent(format!("probes cannot vote: {error}"))
    }
}

fn confusion(
    archaeology: &Archaeology,
    members: &[Member],
    trajectories: &Trajectories,
    voters: &Voters,
) -> Confusion {
    let mut confusion = Confusion::new(archaeology.categories().len());
    for member in members.iter().filter(|member| !member.fits) {
        let vote = trajectories
            .get(member.row)
            .and_then(|trajectory| voters.vote(member.row.example(), trajectory));
        if let Some(vote) = vote {
            confusion.add(member.category, vote.category);
        }
    }
    confusion
}
