//! What was scored, and further windows.

use super::load;
use crate::{
    App,
    extract::{Json, Path},
    problem::{self, Problem},
    view::score::{ScoreSetView, ScoreSets, StartScoring},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use unearth_audit::{
    Computation, FieldError, Grouping, Population, ScoreKey, ScoringRequest, Signal,
    State as AuditState,
};
use unearth_store::score_sets;
use uuid::Uuid;

/// Lists what was scored.
#[utoipa::path(
    get, path = "/v1/audits/{id}/scores", tag = "rankings", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = ScoreSets))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<ScoreSets>, Problem> {
    load::audit(&app, id).await?;
    Ok(axum::Json(score_sets_of(&app, id).await?))
}

/// Scores further windows of VoG from the stored gradients, without training again.
#[utoipa::path(
    post, path = "/v1/audits/{id}/scores", tag = "rankings", security(("token" = ["operator"])), params(("id" = Uuid, Path)),
    request_body = StartScoring,
    responses((status = 202, body = ScoreSets))
)]
pub(crate) async fn start(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Json(request): Json<StartScoring>,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    if audit.state != AuditState::Succeeded {
        return Err(Problem::new(
            &problem::AUDIT_NOT_FINISHED,
            format!("it is {}", audit.state),
        )
        .hint("only audits that succeeded can be scored further"));
    }
    if !audit.signals.contains(&Signal::Vog) {
        return Err(
            Problem::new(&problem::AUDIT_HAS_NO_MAPS, "vog was not among its signals")
                .hint("begin another audit with the signal vog"),
        );
    }
    if let Some(dropped) = audit.snapshots_dropped_at {
        return Err(Problem::new(
            &problem::SNAPSHOTS_DROPPED,
            format!("on {}", dropped.date()),
        )
        .hint("begin another audit that keeps its snapshots; what was scored before stays"));
    }
    let wanted = ScoringRequest {
        variant: request.variant,
        windows: request.windows,
    };
    let shape = audit.origin.shape();
    let scorings = wanted
        .resolve(shape.checkpoints.len())
        .map_err(at_the_top)?;
    let (_, facts) = load::ready_dataset(&app, audit.dataset_id).await?;
    let trained = facts.trained_examples(shape.split.as_deref());
    let trained = trained.unwrap_or(0);
    let populations = Population::of(Signal::Vog, trained, facts.examples);
    let keys: Vec<ScoreKey> = scorings
        .into_iter()
        .flat_map(|scoring| {
            populations.iter().map(move |&population| ScoreKey {
                computation: Computation::Vog(scoring.clone()),
                population,
                grouping: Grouping::Global,
            })
        })
        .collect();

    score_sets::request(&app.db, id, &keys, (app.now)()).await?;
    let sets = score_sets_of(&app, id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(sets)).into_response())
}

async fn score_sets_of(app: &App, audit: Uuid) -> Result<ScoreSets, Problem> {
    let sets = score_sets::list(&app.db, audit).await?;
    let items = sets
        .into_iter()
        .map(ScoreSetView::try_from)
        .collect::<Result<_, _>>()?;
    Ok(ScoreSets { items })
}

/// Here the windows stand at the top of the body, not under `scoring`.
fn at_the_top(errors: Vec<FieldError>) -> Problem {
    let errors = errors.into_iter().map(|error| FieldError {
        field: error.field.trim_start_matches("scoring.").to_owned(),
        ..error
    });
    Problem::invalid(errors.collect())
}
