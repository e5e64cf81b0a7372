//! The end of a run, and of its audit when it is the last.

use crate::{
    Worker, WorkerError, archaeology, data::Data, pie, progress::of_phase, quality, stability,
};
use tokio::sync::watch;
use unearth_audit::{Phase, Progress, Role};
use unearth_store::{
    audits::{self, AuditResult},
    runs::{self, ClaimedRun, Ending, Succeeded},
    usage,
};

/// Ends a run that did its part. The last run of an audit first does what concerns all of them.
pub(crate) async fn run(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<(), WorkerError> {
    let resume_point = match runs::succeed(&worker.db, run, (worker.now)()).await? {
        Succeeded::Yes(resume_point) => resume_point,
        Succeeded::AuditIsLeft => {
            progress.send_replace(Some(of_phase(run, Phase::Scoring)));
            audit(worker, run, data, Ending::Succeeded).await?
        }
    };
    if let Some(blob) = resume_point {
        worker.blobs.delete(&blob).await?;
    }
    Ok(())
}

/// Ends a run that failed and whose audit, of which it is the last one, can do without it.
pub(crate) async fn without(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    reason: &str,
) -> Result<(), WorkerError> {
    audit(worker, run, data, Ending::Missing(reason)).await?;
    Ok(())
}

async fn audit(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
    ending: Ending<'_>,
) -> Result<Option<String>, WorkerError> {
    stability::run(worker, run).await?;
    if let Some(asked) = &run.archaeology {
        archaeology::run(worker, run, data, asked).await?;
    }
    let mut result = result(worker, run, data).await?;
    if let Some(asked) = &run.pie {
        let missing = pie::run(worker, run, data, asked).await?;
        result.warnings.extend(missing);
    }
    worker.db.refresh_statistics().await?;
    let now = (worker.now)();
    let ended = runs::succeed_with_audit(&worker.db, run, ending, &result, now).await?;
    Ok(ended)
}

/// Accuracies and warnings are the main run's; durations are those of all runs.
async fn result(
    worker: &Worker,
    run: &ClaimedRun,
    data: &Data,
) -> Result<AuditResult, WorkerError> {
    let trained = runs::results(&worker.db, run.audit_id).await?;
    let main = trained
        .iter()
        .find(|run| run.role == Role::Main)
        .ok_or_else(|| WorkerError::Inconsistent("the main run has no outcome".to_owned()))?;
    let mains = runs::of_audit(&worker.db, run.audit_id, Role::Main).await?;
    let recipe = mains.first().and_then(|main| main.origin.recipe());
    let recipe =
        recipe.ok_or_else(|| WorkerError::Inconsistent("the main run has no recipe".to_owned()))?;
    let asked = audits::recipe_asked(&worker.db, run.audit_id).await?;
    let outcome = &main.outcome;
    Ok(AuditResult {
        training_accuracy: Some(outcome.training_accuracy),
        held_out_accuracy: outcome.held_out_accuracy,
        warnings: quality::warnings(outcome, recipe, asked.as_ref(), data.pack.classes()),
        environment: Some(main.environment.clone()),
        fit_secs: Some(trained.iter().map(|run| run.outcome.fit_secs).sum()),
        sweep_secs: Some(trained.iter().map(|run| run.outcome.sweep_secs).sum()),
        wall_secs: ((worker.now)() - run.started_at).as_seconds_f64(),
        database_bytes: Some(usage::of_audit(&worker.db, run.audit_id).await?),
        runs: trained,
    })
}
