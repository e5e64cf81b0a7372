//! How far a review has come.

use super::{
    chosen::{Chosen, FilterQuery},
    load,
    selection::SelectionQuery,
};
use crate::{
    App,
    extract::{Path, Queries},
    problem::Problem,
    view::review::{GroupReview, Review, ReviewerCount, StandingCount, TopReview},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::Standing;
use unearth_store::reviews;
use utoipa::IntoParams;
use uuid::Uuid;

/// Shows how far the review of an audit has come: by standing, reviewer and group.
#[utoipa::path(
    get, path = "/v1/audits/{id}/review", tag = "review", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Review))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Json<Review>, Problem> {
    let audit = load::audit(&app, id).await?;
    let (dataset, facts) = load::ready_dataset(&app, audit.dataset_id).await?;
    let examples = facts.examples as i64;
    let found = reviews::standings(&app.db, id).await?;
    let decided: i64 = found.iter().map(|(_, examples)| examples).sum();
    let standings = Standing::ALL.map(|standing| StandingCount {
        standing,
        examples: match standing {
            Standing::Undecided => examples - decided,
            decided => {
                let found = found.iter().find(|(standing, _)| *standing == decided);
                found.map_or(0, |(_, examples)| *examples)
            }
        },
    });
    let groups = reviews::groups(&app.db, id, dataset.id).await?;
    let has_groups = groups.iter().any(|group| group.name.is_some());
    let reviewers = reviews::reviewers(&app.db, id).await?;
    Ok(Json(Review {
        examples,
        standings: standings.into(),
        reviewers: reviewers
            .into_iter()
            .map(|reviewer| ReviewerCount {
                name: reviewer.name,
                examples: reviewer.examples,
            })
            .collect(),
        groups: groups
            .into_iter()
            .filter(|_| has_groups)
            .map(GroupReview::from)
            .collect(),
    }))
}

/// How many rows are looked at, unless the query says so.
const TOP: i64 = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopQuery {
    /// How many rows from the hard end; 500 by default, fewer where the filters leave fewer.
    top: Option<i64>,
}

/// Counts what was found among the hardest of a ranking. Not an estimate: those who are reviewed first are no
/// sample.
#[utoipa::path(
    get, path = "/v1/audits/{id}/review/top", tag = "review", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery, TopQuery),
    responses((status = 200, body = TopReview))
)]
pub(crate) async fn top(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, query): Queries<SelectionQuery, FilterQuery, TopQuery>,
) -> Result<Json<TopReview>, Problem> {
    let top = query.top.unwrap_or(TOP);
    if top < 1 {
        return Err(Problem::invalid_field("top", "must be at least 1"));
    }
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let of = (id, chosen.dataset.id, chosen.set.id);
    let found = reviews::of_top(&app.db, of, &chosen.filter, top).await?;
    Ok(Json(TopReview {
        top: found.rows,
        reviewed: found.reviewed,
        changed: found.changed,
    }))
}
