//! Everything an audit knows of one example.

use super::load;
use crate::{
    App,
    class_names::ClassNames,
    extract::Path,
    gradient_map::GradientMap,
    problem::Problem,
    view::{
        archaeology::Categories,
        audit,
        example::Example,
        pie::ExemplarView,
        review::{DecisionOnExample, ExampleStanding},
        score::{AuditedExample, ExampleScore, Gradient, OverSeeds, Suggestion, Trajectory},
    },
};
use axum::{Json, extract::State};
use std::collections::HashMap;
use unearth_audit::{LogitSource, RunShape, Signal};
use unearth_store::{
    StoreError, archaeology,
    audits::Audit,
    decisions,
    dynamics::{self, RecordChunk},
    exemplars, runs, score_sets, scores, snapshots, suggestions,
};
use uuid::Uuid;

/// Shows what an audit knows of one example: its scores, how it was learned, its gradient maps.
#[utoipa::path(
    get, path = "/v1/audits/{id}/examples/{index}", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("index" = i32, Path)),
    responses((status = 200, body = AuditedExample))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path((id, index)): Path<(Uuid, i32)>,
) -> Result<Json<AuditedExample>, Problem> {
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let example = load::example(&app, &dataset, index).await?;
    let classes = ClassNames::known_to(&audit, &dataset);
    let run = source_run(&app, &audit).await?;
    let shape = audit.origin.shape();

    let position = index as usize;
    let learned = dynamics::of_example(&app.db, run, position, shape.trajectory).await?;
    let eval_pass = dynamics::of_example(&app.db, run, position, LogitSource::EvalPass).await?;
    let last = eval_pass.last();
    let maps = maps(&app, run, index, &shape).await?;
    Ok(Json(AuditedExample {
        example: Example::new(&dataset, classes, example)?,
        predicted: last
            .map(|record| predicted(record, classes))
            .transpose()?
            .flatten(),
        p_given: last.and_then(|record| finite(record.values.p_given[0])),
        category: archaeology::of_example(&app.db, id, index)
            .await?
            .and_then(|vote| Categories::of(&audit).vote(&vote)),
        exemplars: exemplars_of(&app, &audit, index, classes).await?,
        standing: standing(&app, id, index, classes).await?,
        decisions: decisions_on(&app, id, index, classes).await?,
        suggestion: suggestion(&app, &audit, index, classes).await?,
        scores: scores_of(&app, &audit, index).await?,
        trajectory: trajectory(&learned, classes)?,
        gradients: maps.iter().map(|map| gradient(id, index, map)).collect(),
        snapshots_dropped_at: audit.snapshots_dropped_at,
    }))
}

/// The run that an audit's records and maps come from.
pub(super) async fn source_run(app: &App, audit: &Audit) -> Result<i64, Problem> {
    let run = runs::source_of(&app.db, audit.id).await?;
    let (run, _) = run.ok_or_else(|| StoreError::Inconsistent {
        table: "runs",
        column: "audit_id",
        row: audit.id.to_string(),
        detail: "the audit has no run".into(),
    })?;
    Ok(run)
}

/// The gradient maps of one example, checkpoints ascending.
pub(super) async fn maps(
    app: &App,
    run: i64,
    index: i32,
    shape: &RunShape,
) -> Result<Vec<GradientMap>, Problem> {
    let stored = snapshots::of_example(&app.db, run, index as usize, shape.map_bytes()).await?;
    let maps = stored.iter().map(|map| GradientMap::decode(map, shape));
    Ok(maps.collect::<Result<_, _>>()?)
}

async fn suggestion(
    app: &App,
    audit: &Audit,
    index: i32,
    classes: ClassNames<'_>,
) -> Result<Option<Suggestion>, Problem> {
    let Some(found) = suggestions::get(&app.db, audit.id, index).await? else {
        return Ok(None);
    };
    Ok(Some(Suggestion {
        label: classes.name(found.label)?,
        probability: found.probability,
        runner_up: classes.name(found.runner_up)?,
        runner_up_probability: found.runner_up_probability,
    }))
}

async fn standing(
    app: &App,
    audit: Uuid,
    index: i32,
    classes: ClassNames<'_>,
) -> Result<ExampleStanding, Problem> {
    let mut found = decisions::of_examples(&app.db, audit, &[index]).await?;
    let of_it = found.pop().ok_or_else(|| StoreError::Inconsistent {
        table: "standings",
        column: "index",
        row: index.to_string(),
        detail: "was asked for and not answered".into(),
    })?;
    Ok(ExampleStanding::new(&of_it, classes)?)
}

async fn decisions_on(
    app: &App,
    audit: Uuid,
    index: i32,
    classes: ClassNames<'_>,
) -> Result<Vec<DecisionOnExample>, Problem> {
    let rows = decisions::of_example(&app.db, audit, index).await?;
    let views = rows
        .into_iter()
        .map(|row| DecisionOnExample::new(row, classes));
    Ok(views.collect::<Result<_, _>>()?)
}

async fn exemplars_of(
    app: &App,
    audit: &Audit,
    index: i32,
    classes: ClassNames<'_>,
) -> Result<Vec<ExemplarView>, Problem> {
    let rows = exemplars::of_example(&app.db, audit.id, index).await?;
    let views = rows.iter().map(|row| ExemplarView::new(row, classes));
    Ok(views
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?)
}

async fn scores_of(app: &App, audit: &Audit, index: i32) -> Result<Vec<ExampleScore>, Problem> {
    let sets = score_sets::list(&app.db, audit.id).await?;
    let totals: HashMap<(&str, &str), u64> = sets
        .iter()
        .filter_map(|set| {
            let key = (set.signal.as_str(), set.scoring.as_str());
            Some((key, set.examples?.unsigned_abs()))
        })
        .collect();
    let rows = scores::of_example(&app.db, audit.id, index).await?;
    let scores = rows.into_iter().map(|row| {
        let signal = Signal::from_name(&row.signal).ok_or_else(|| StoreError::Inconsistent {
            table: "score_sets",
            column: "signal",
            row: audit.id.to_string(),
            detail: format!("`{}` is not a signal", row.signal),
        })?;
        let info = signal.info();
        Ok(ExampleScore {
            signal,
            title: info.title,
            direction: info.direction,
            value: row.value,
            value_reason: row.value_reason,
            value_normalised: row.normalised,
            value_normalised_reason: row.normalised_reason,
            rank: row.rank,
            percentile: row.percentile,
            over_seeds: OverSeeds::of(
                (row.value_low, row.value_high),
                (row.rank_low, row.rank_high),
            ),
            total: totals
                .get(&(row.signal.as_str(), row.scoring.as_str()))
                .copied()
                .unwrap_or_default(),
            scoring: row.scoring,
        })
    });
    Ok(scores.collect::<Result<_, StoreError>>()?)
}

fn trajectory(records: &[RecordChunk], classes: ClassNames<'_>) -> Result<Trajectory, StoreError> {
    Ok(Trajectory {
        epochs: records.iter().map(|record| record.epoch + 1).collect(),
        loss: records
            .iter()
            .map(|record| finite(record.values.loss[0]))
            .collect(),
        p_given: records
            .iter()
            .map(|record| finite(record.values.p_given[0]))
            .collect(),
        predicted: records
            .iter()
            .map(|record| predicted(record, classes))
            .collect::<Result<_, _>>()?,
    })
}

/// The class that was predicted; none where the example was not seen.
fn predicted(record: &RecordChunk, classes: ClassNames<'_>) -> Result<Option<String>, StoreError> {
    match record.values.predicted[0] {
        ..0 => Ok(None),
        class => classes.name(class).map(Some),
    }
}

fn finite(value: f32) -> Option<f32> {
    value.is_finite().then_some(value)
}

fn gradient(audit: Uuid, index: i32, map: &GradientMap) -> Gradient {
    Gradient {
        checkpoint: map.checkpoint,
        epoch: map.epoch,
        url: format!(
            "{}/examples/{index}/gradients/{}.png",
            audit::url(audit),
            map.checkpoint
        ),
        max_abs: map.max_abs(),
    }
}
