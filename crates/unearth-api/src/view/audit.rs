//! Audits.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use unearth_audit::{
    Archaeology, ArchaeologyRequest, Environment, Estimate, ExternalRequest, ExternalRun,
    LogitSource, Origin, Pie, PieRequest, ProbeRequest, Progress, Recipe, RecipeRequest,
    RefinedEstimate, Role, ScoringRequest, Signal, Spent, State,
};
use unearth_store::audits;
use utoipa::ToSchema;
use uuid::Uuid;

/// One request and what came of it: a dataset, signals, a recipe, a seed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Identity.
    id: Uuid,
    /// Dataset.
    dataset_id: Uuid,
    /// Its name.
    dataset_name: String,
    /// Where it stands.
    state: State,
    /// Why it failed or was cancelled.
    reason: Option<String>,
    /// Signals asked for.
    signals: Vec<Signal>,
    /// Who trains: we, or the user's own code.
    kind: AuditKind,
    /// What is trained, with every default resolved; null of an external run.
    recipe: Option<Recipe>,
    /// What is posted of an external run; null of a training of ours.
    external: Option<ExternalRun>,
    /// BLAKE3 of the recipe, or of what is posted.
    recipe_hash: String,
    /// The recipe that was asked for, where a device had too little memory for it and the audit began again with half
    /// the batch; null otherwise.
    recipe_asked: Option<Recipe>,
    /// Seed of initialisation, data order and augmentation.
    seed: i64,
    /// How many seeds are trained, this one and others.
    seeds: u32,
    /// How examples are told apart by probes; null where that was not asked for.
    archaeology: Option<Archaeology>,
    /// Which populations of models are compared; null where that was not asked for.
    pie: Option<Pie>,
    /// Whether its gradient maps stay once it has succeeded.
    keep_snapshots: bool,
    /// When they were given up; null while they are kept.
    #[serde(with = "time::serde::rfc3339::option")]
    snapshots_dropped_at: Option<OffsetDateTime>,
    /// How many trainings it needs.
    runs: i64,
    /// How many of them are done.
    runs_done: i64,
    /// What the training is for whose progress is shown.
    role: Role,
    /// What it costs: foreseen at the start, refined while it runs, measured when it succeeded.
    estimate: RefinedEstimate,
    /// Place in the queue, 1 being next; null unless queued.
    queue_position: Option<i64>,
    /// Where its training stands; null before and after it.
    progress: Option<Progress>,
    /// Name of the worker that holds it.
    worker: Option<String>,
    /// That worker's last sign of life.
    #[serde(with = "time::serde::rfc3339::option")]
    heartbeat_at: Option<OffsetDateTime>,
    /// How often it was begun.
    attempts: i32,
    /// What came of it; null until it succeeded.
    result: Option<AuditResult>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When a worker first took it.
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// When it reached a final state.
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
    /// Where to go from here.
    urls: AuditUrls,
}

/// What an audit says of itself when it is done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditResult {
    /// Share of trained examples that the final model labels as given; null where nobody recorded it.
    training_accuracy: Option<f64>,
    /// The same over examples that were not trained on; null without any.
    held_out_accuracy: Option<f64>,
    /// What a reader must know before trusting the rankings.
    warnings: Vec<String>,
    /// What it was trained on; null of an external run.
    environment: Option<Environment>,
    /// Seconds in optimiser steps, over all runs (last attempt of each); null of an external run.
    fit_secs: Option<f64>,
    /// Seconds in gradient sweeps, over all runs (last attempt of each); null of an external run.
    sweep_secs: Option<f64>,
    /// Seconds from first start to the end.
    wall_secs: f64,
    /// Its trainings; empty in results from before an audit could have several.
    runs: Vec<RunResult>,
}

/// What came of one training of an audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunResult {
    /// What it was for.
    role: Role,
    /// Its seed.
    seed: u64,
    /// Share of trained examples that its final model labels as given.
    training_accuracy: f64,
    /// Seconds in optimiser steps (last attempt).
    fit_secs: f64,
    /// Seconds in gradient sweeps (last attempt).
    sweep_secs: f64,
}

/// Addresses of an audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditUrls {
    /// The audit.
    #[serde(rename = "self")]
    own: String,
    /// What it told so far; a stream for those who accept `text/event-stream`.
    events: String,
    /// POST here to cancel it.
    cancel: String,
    /// What was posted of an external run; null of a training of ours.
    received: Option<String>,
    /// POST here when everything of an external run was posted; null of a training of ours.
    complete: Option<String>,
    /// POST here to try it again.
    retry: String,
    /// Its trainings.
    runs: String,
    /// Its examples in rank order.
    examples: String,
    /// Of which kinds its examples are, and how far that can be trusted.
    archaeology: String,
    /// What is flagged in each group.
    groups: String,
    /// What its populations of models disagree on.
    pie: String,
    /// Histogram and summaries of a signal.
    statistics: String,
    /// What was scored; POST here to score more.
    scores: String,
    /// Its parts by rules over the scores.
    subsets: String,
    /// A ranking as a CSV file.
    ranking_csv: String,
    /// A ranking as JSON Lines.
    ranking_jsonl: String,
    /// A ranking as a Parquet file.
    ranking_parquet: String,
    /// Its page, for people.
    page: String,
}

/// A page of audits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The newest first.
    pub(crate) items: Vec<Audit>,
    /// `after` of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

/// Who trains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuditKind {
    /// A worker of ours.
    #[default]
    Trained,
    /// The user's own code, which posts its records and gradients.
    External,
}

/// An audit to begin, of either kind.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "it describes a body that is read by its kind, and is never made"
)]
pub(crate) enum StartAnyAudit {
    /// A training of ours.
    Trained(StartAudit),
    /// An external run.
    External(StartExternal),
}

/// The kind of an audit to begin.
#[derive(Debug, Deserialize)]
pub(crate) struct StartKind {
    #[serde(default)]
    pub(crate) kind: AuditKind,
}

/// An external run to begin: batches of its records and gradients are put to it, and then it is completed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartExternal {
    /// `external`.
    #[expect(dead_code, reason = "it was read before, to get here")]
    kind: AuditKind,
    /// The dataset; it must be ready. Every example must be posted at every epoch and checkpoint.
    pub(crate) dataset_id: Uuid,
    /// Epochs of which records will be posted, counted from 1; none by default.
    #[serde(default)]
    #[schema(required = false)]
    epochs: u32,
    /// Which logits the records come from: `in_flight` (train mode, augmented, before the update) or
    /// `eval_pass` (eval mode, not augmented). It must be said where there are records.
    logits: Option<LogitSource>,
    /// Epochs or steps whose gradients will be posted, ascending; none by default.
    #[serde(default)]
    #[schema(required = false)]
    checkpoints: Vec<u32>,
    /// Height of the gradient maps in pixels; they are kept at the size they are posted in.
    map_height: Option<u32>,
    /// Width of the gradient maps in pixels.
    map_width: Option<u32>,
    /// Names of the model's classes in the order of its logits; those of the dataset, in its order, by
    /// default. Each class of the dataset must be among them.
    classes: Option<Vec<String>>,
    /// Probes that are trained on beside the examples, in the order in which their rows follow the last
    /// example; `unearth probes` makes them. Records must be posted of them, too, gradients must not.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) probes: Vec<ProbeRequest>,
    /// Of which kind every example is, by these probes; `{}`, the default where there are some, for all
    /// defaults.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) archaeology: Option<ArchaeologyRequest>,
    /// What VoG is taken over; more can be asked for later.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) scoring: ScoringRequest,
    /// Whether its gradient maps stay once it has succeeded, for further windows and to be looked at; true by default.
    /// Rankings stay in any case.
    #[schema(required = false)]
    pub(crate) keep_snapshots: Option<bool>,
}

impl StartExternal {
    /// What it says of the run.
    pub(crate) fn run(&self) -> ExternalRequest {
        ExternalRequest {
            epochs: self.epochs,
            logits: self.logits,
            checkpoints: self.checkpoints.clone(),
            map_height: self.map_height,
            map_width: self.map_width,
            classes: self.classes.clone(),
        }
    }
}

/// An audit to begin. Everything but the dataset has a default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartAudit {
    /// `trained`, the default.
    #[serde(default)]
    #[schema(required = false)]
    #[expect(dead_code, reason = "it was read before, to get here")]
    kind: AuditKind,
    /// The dataset; it must be ready.
    pub(crate) dataset_id: Uuid,
    /// Signals wanted; by default all that one training gives, which is all but `pie`.
    pub(crate) signals: Option<Vec<Signal>>,
    /// What to train.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) recipe: RecipeRequest,
    /// What VoG is taken over; more can be asked for later, without training again.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) scoring: ScoringRequest,
    /// Of which kind every example is, by probes that are trained on beside them; `{}` for all defaults.
    /// Not computed unless asked for: it needs a second, short training.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) archaeology: Option<ArchaeologyRequest>,
    /// What compressed models forget: populations of models at several sparsities; `{}` for all defaults. Not
    /// computed unless this or the signal `pie` is asked for: it takes many trainings.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) pie: Option<PieRequest>,
    /// Whether its gradient maps stay once it has succeeded, for further windows and to be looked at; true by default.
    /// Rankings stay in any case.
    #[schema(required = false)]
    pub(crate) keep_snapshots: Option<bool>,
    /// How many seeds to train, at most 20; 1 by default. With more, every score and rank comes with its
    /// range over them.
    #[serde(default)]
    #[schema(required = false, minimum = 1, maximum = 20)]
    pub(crate) seeds: Option<u32>,
    /// Seed of initialisation, data order and augmentation.
    #[serde(default)]
    #[schema(required = false, maximum = 9_223_372_036_854_775_807_u64)]
    pub(crate) seed: u64,
}

/// What an audit would be and cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EstimatedAudit {
    /// What would be trained, with every default resolved.
    pub(crate) recipe: Recipe,
    /// What it would cost.
    pub(crate) estimate: Estimate,
}

/// The address of an audit.
pub(crate) fn url(id: Uuid) -> String {
    format!("/v1/audits/{id}")
}

impl From<audits::Audit> for Audit {
    fn from(row: audits::Audit) -> Self {
        let estimate = row.estimate.refined(spent(&row));
        Self {
            estimate,
            id: row.id,
            dataset_id: row.dataset_id,
            dataset_name: row.dataset_name,
            state: row.state,
            reason: row.reason,
            signals: row.signals,
            kind: match row.origin {
                Origin::Trained(_) => AuditKind::Trained,
                Origin::External(_) => AuditKind::External,
            },
            recipe: row.origin.recipe().cloned(),
            external: row.origin.external().cloned(),
            recipe_hash: row.recipe_hash,
            recipe_asked: row.recipe_asked,
            seed: row.seed,
            seeds: row.seeds,
            archaeology: row.archaeology,
            pie: row.pie,
            keep_snapshots: row.keep_snapshots,
            snapshots_dropped_at: row.snapshots_dropped_at,
            runs: row.runs.total,
            runs_done: row.runs.done,
            role: row.role,
            queue_position: row.queue_position,
            progress: row.progress,
            worker: row.worker,
            heartbeat_at: row.heartbeat_at,
            attempts: row.attempts,
            result: row.result.map(AuditResult::from),
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            urls: AuditUrls::of(row.id, row.origin.external().is_some()),
        }
    }
}

fn spent(row: &audits::Audit) -> Spent {
    if let Some(result) = &row.result {
        return Spent::InAll {
            seconds: result.wall_secs,
            database_bytes: result.database_bytes,
        };
    }
    // What remains was measured at the last sign of life, so that is until when time is counted.
    match (row.state, row.started_at, row.heartbeat_at) {
        (State::Running, Some(started), Some(measured)) => Spent::SoFar {
            seconds: (measured - started).as_seconds_f64(),
            // What remains of the runs behind this one is not measured.
            seconds_left: row
                .progress
                .as_ref()
                .filter(|_| row.runs.done + 1 == row.runs.total)
                .and_then(|now| now.eta_seconds),
        },
        _ => Spent::Nothing,
    }
}

impl From<audits::AuditResult> for AuditResult {
    fn from(row: audits::AuditResult) -> Self {
        Self {
            training_accuracy: row.training_accuracy,
            held_out_accuracy: row.held_out_accuracy,
            warnings: row.warnings,
            environment: row.environment,
            fit_secs: row.fit_secs,
            sweep_secs: row.sweep_secs,
            wall_secs: row.wall_secs,
            runs: row.runs.into_iter().map(RunResult::from).collect(),
        }
    }
}

impl From<audits::RunResult> for RunResult {
    fn from(row: audits::RunResult) -> Self {
        Self {
            role: row.role,
            seed: row.seed,
            training_accuracy: row.outcome.training_accuracy,
            fit_secs: row.outcome.fit_secs,
            sweep_secs: row.outcome.sweep_secs,
        }
    }
}

impl AuditUrls {
    fn of(id: Uuid, is_external: bool) -> Self {
        let own = url(id);
        let external = |what: &str| is_external.then(|| format!("{own}/{what}"));
        Self {
            events: format!("{own}/events"),
            cancel: format!("{own}/cancel"),
            received: external("received"),
            complete: external("complete"),
            retry: format!("{own}/retry"),
            runs: format!("{own}/runs"),
            examples: format!("{own}/examples"),
            archaeology: format!("{own}/archaeology"),
            groups: format!("{own}/groups"),
            pie: format!("{own}/pie"),
            statistics: format!("{own}/statistics"),
            scores: format!("{own}/scores"),
            subsets: format!("{own}/subsets"),
            ranking_csv: format!("{own}/ranking.csv"),
            ranking_jsonl: format!("{own}/ranking.jsonl"),
            ranking_parquet: format!("{own}/ranking.parquet"),
            page: format!("/audits/{id}"),
            own,
        }
    }
}
