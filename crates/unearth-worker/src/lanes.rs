//! The loops of a worker.

use crate::{Worker, error::chain, paces::Paces, rescore, run, validate, wait::Waiter};
use std::{collections::HashSet, time::Duration};
use tokio_util::sync::CancellationToken;
use unearth_audit::Event;
use unearth_store::{
    StoreError, datasets, events,
    runs::{self, Claimant},
    score_sets, snapshots, workers,
};
use uuid::Uuid;

/// Says that the worker is alive, and forgets workers that have not for a day.
pub(crate) async fn signs_of_life(worker: &Worker, paces: &Paces, leaving: &CancellationToken) {
    let mut beat = tokio::time::interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            () = leaving.cancelled() => return,
            _ = beat.tick() => {}
        }
        let now = (worker.now)();
        let sign = workers::Worker {
            id: worker.id,
            name: worker.name.clone(),
            environment: worker.trainer.environment(),
            devices: worker.devices.clone(),
            paces: paces.measured(),
            heartbeat_at: now,
        };
        let said = workers::heartbeat(&worker.db, &sign).await;
        let forgot = workers::forget(&worker.db, now - time::Duration::DAY).await;
        if let Err(error) = said.and(forgot) {
            tracing::warn!(error = %chain(&error), "no sign of life could be given");
        }
    }
}

/// One run after the other.
pub(crate) async fn training(worker: &Worker, paces: &Paces, leaving: &CancellationToken) {
    let mut waiter = Waiter::new(&worker.db);
    let environment = worker.trainer.environment();
    let claimant = Claimant {
        worker: worker.id,
        environment: &environment,
    };
    let mut refusals = HashSet::new();
    while !leaving.is_cancelled() {
        waiter.subscribe().await;
        let (token, now) = (Uuid::new_v4(), (worker.now)());
        let claimed = runs::claim(&worker.db, claimant, token, now, worker.lease).await;
        match claimed {
            Ok(Some(run)) => {
                let _working = paces.working();
                run::run(worker, run, leaving).await;
                return_space(worker).await;
            }
            Ok(None) => {
                if let Err(error) = tell_refusals(worker, claimant, &mut refusals).await {
                    pause(&error, leaving).await;
                }
                waiter.wait(leaving).await;
            }
            Err(error) => pause(&error, leaving).await,
        }
    }
}

/// Says once of each run that waits why it is left to another worker.
async fn tell_refusals(
    worker: &Worker,
    claimant: Claimant<'_>,
    told: &mut HashSet<i64>,
) -> Result<(), StoreError> {
    for refused in runs::refused(&worker.db, claimant, (worker.now)()).await? {
        let Some(difference) = refused.environment.difference(claimant.environment) else {
            continue;
        };
        if !told.insert(refused.run) {
            continue;
        }
        let reason = format!("cannot be continued exactly: {difference}");
        tracing::warn!(run = refused.run, reason, "left to another worker");
        let event = Event::Refused {
            worker: worker.name.clone(),
            reason,
        };
        events::tell(&worker.db, refused.audit, &event, (worker.now)()).await?;
    }
    Ok(())
}

/// Returns the space of audits that were deleted while a sweep kept their partitions in place.
async fn return_space(worker: &Worker) {
    if let Err(error) = snapshots::drop_orphans(&worker.db).await {
        tracing::warn!(error = %chain(&error), "the space of deleted audits is returned later");
    }
}

/// Uploads to validate and windows to score, one after the other.
pub(crate) async fn light(worker: &Worker, paces: &Paces, leaving: &CancellationToken) {
    let mut waiter = Waiter::new(&worker.db);
    while !leaving.is_cancelled() {
        waiter.subscribe().await;
        match light_step(worker, paces, leaving).await {
            Ok(true) => {}
            Ok(false) => waiter.wait(leaving).await,
            Err(error) => pause(&error, leaving).await,
        }
    }
}

/// Does one piece of light work; false when there is none.
async fn light_step(
    worker: &Worker,
    paces: &Paces,
    leaving: &CancellationToken,
) -> Result<bool, StoreError> {
    let (now, lease) = ((worker.now)(), worker.lease);
    if let Some(claimed) =
        datasets::claim(&worker.db, worker.id, Uuid::new_v4(), now, lease).await?
    {
        let _working = paces.working();
        validate::dataset(worker, &claimed, leaving).await;
        return Ok(true);
    }
    if let Some(claimed) =
        score_sets::claim(&worker.db, worker.id, Uuid::new_v4(), now, lease).await?
    {
        let _working = paces.working();
        rescore::score_set(worker, &claimed, leaving).await;
        return Ok(true);
    }
    Ok(false)
}

/// The database is away: say so and try again soon.
async fn pause(error: &StoreError, leaving: &CancellationToken) {
    tracing::warn!(error = %chain(error), "cannot look for work; trying again in a second");
    tokio::select! {
        () = leaving.cancelled() => {}
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
}
