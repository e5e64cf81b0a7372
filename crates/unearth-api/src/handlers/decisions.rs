//! Decisions of reviewers: taken, taken back, listed.

use super::{
    chosen::{Chosen, FilterQuery},
    load, reviewer,
    selection::SelectionQuery,
};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Json, Path, Queries, Query},
    paging::{self, PageSize},
    problem::{self, Problem},
    view::review::{
        Action, ActionPage, Decide, Decided, ExampleStanding, StandingOfIndex, Taken, Undo,
    },
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use unearth_audit::Verdict;
use unearth_store::{
    datasets::Dataset,
    decisions::{self, Done, Judgement, Manner, NewAction, Which},
    samples,
};
use utoipa::IntoParams;
use uuid::Uuid;

/// How many examples can be named one by one.
const NAMED_MAX: usize = 10_000;

const PAGE: PageSize = PageSize {
    default: 100,
    max: 1_000,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only of this reviewer.
    reviewer: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 1,000; 100 by default.
    limit: Option<i64>,
}

/// Lists what reviewers did, the latest first.
#[utoipa::path(
    get, path = "/v1/audits/{id}/decisions", tag = "review", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ListQuery),
    responses((status = 200, body = ActionPage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<ActionPage>, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let before: Option<i64> = paging::cursor(query.after.as_deref())?;
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let reviewer = query.reviewer.as_deref();
    let rows = decisions::log(&app.db, id, reviewer, before, limit + 1).await?;
    let (rows, next) = paging::split(rows, limit, |row| row.seq);
    let classes = ClassNames::of(&dataset);
    let items = rows
        .into_iter()
        .map(|row| Action::new(row, classes))
        .collect::<Result<_, _>>()?;
    Ok(axum::Json(ActionPage { items, next }))
}

/// Decides on examples: some by index, or all that a ranking's filters leave. Decisions are only ever added;
/// those of two reviewers stand side by side.
#[utoipa::path(
    post, path = "/v1/audits/{id}/decisions", tag = "review", security(("token" = ["reviewer"])), params(("id" = Uuid, Path)),
    request_body = Decide,
    responses((status = 201, body = Taken))
)]
pub(crate) async fn decide(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Json(request): Json<Decide>,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let (dataset, facts) = load::ready_dataset(&app, audit.dataset_id).await?;
    let judgement = judgement(&request, ClassNames::of(&dataset))?;
    let action = action(&app, id, request.id, &request.reviewer)?;
    let manner = Manner {
        settles: request.settles,
        sample: request.sample,
    };
    let take = |which| decisions::decide(&app.db, dataset.id, &action, judgement, manner, which);
    match (request.examples, request.matching) {
        (Some(mut indices), None) => {
            indices.sort_unstable();
            indices.dedup();
            check_indices(&indices, facts.examples)?;
            if let Some(sample) = request.sample {
                check_sample(&app, id, sample, &indices).await?;
            }
            let done = take(Which::Indices(&indices)).await?;
            taken(&app, &dataset, &action, done, &indices).await
        }
        (None, Some(matching)) => {
            if request.sample.is_some() {
                let detail = "examples of a sample are decided by index";
                return Err(Problem::invalid_field("matching", detail));
            }
            let Queries(selection, filter, ..) =
                Queries::<SelectionQuery, FilterQuery>::read(&matching.query)?;
            let chosen = Chosen::load(&app, id, selection, filter).await?;
            let done = take(Which::Filtered {
                score_set: chosen.set.id,
                filter: &chosen.filter,
                expected: matching.count,
            });
            taken(&app, &dataset, &action, done.await?, &[]).await
        }
        _ => {
            let detail = "say either which examples by index, or a ranking's filters in `matching`";
            Err(Problem::invalid_field("examples", detail))
        }
    }
}

/// Takes a decision back, of all its examples at once. Only its reviewer can.
#[utoipa::path(
    post, path = "/v1/audits/{id}/decisions/{decision}/undo", tag = "review", security(("token" = ["reviewer"])),
    params(("id" = Uuid, Path), ("decision" = Uuid, Path)),
    request_body = Undo,
    responses((status = 201, body = Taken))
)]
pub(crate) async fn undo(
    State(app): State<App>,
    Path((id, decision)): Path<(Uuid, Uuid)>,
    Json(request): Json<Undo>,
) -> Result<Response, Problem> {
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let action = action(&app, id, request.id, &request.reviewer)?;
    let done = decisions::undo(&app.db, &action, decision).await?;
    let indices = decisions::indices(&app.db, decision, NAMED_MAX as i64).await?;
    taken(&app, &dataset, &action, done, &indices).await
}

fn action(app: &App, audit: Uuid, id: Option<Uuid>, name: &str) -> Result<NewAction, Problem> {
    Ok(NewAction {
        id: id.unwrap_or_else(Uuid::now_v7),
        audit,
        reviewer: reviewer::checked(name)?,
        now: (app.now)(),
    })
}

fn judgement(request: &Decide, classes: ClassNames<'_>) -> Result<Judgement, Problem> {
    let label = request.label.as_deref();
    if request.decision == Decided::Relabel {
        let Some(label) = label else {
            let detail = "say which class is right";
            return Err(Problem::invalid_field("label", detail));
        };
        let label = classes.label(label)?;
        return Ok(Judgement::Verdict(Verdict::Relabel, Some(label)));
    }
    if label.is_some() {
        let detail = "means something for relabel only; leave it out";
        return Err(Problem::invalid_field("label", detail));
    }
    Ok(match request.decision {
        Decided::Suggestion => Judgement::Suggestion,
        Decided::Keep | Decided::Relabel => Judgement::Verdict(Verdict::Keep, None),
        Decided::Exclude => Judgement::Verdict(Verdict::Exclude, None),
        Decided::SecondLook => Judgement::Verdict(Verdict::SecondLook, None),
        Decided::CannotJudge => Judgement::Verdict(Verdict::CannotJudge, None),
    })
}

/// `indices` ascending.
fn check_indices(indices: &[i32], examples: usize) -> Result<(), Problem> {
    if indices.is_empty() || indices.len() > NAMED_MAX {
        let detail = format!("must name 1 to {NAMED_MAX} examples");
        return Err(Problem::invalid_field("examples", detail));
    }
    let exists = |index: i32| usize::try_from(index).is_ok_and(|index| index < examples);
    match indices.iter().find(|&&index| !exists(index)) {
        None => Ok(()),
        Some(index) => {
            let detail =
                format!("no example has the index {index}; there are {examples}, counted from 0");
            Err(Problem::invalid_field("examples", detail))
        }
    }
}

async fn check_sample(
    app: &App,
    audit: Uuid,
    sample: Uuid,
    indices: &[i32],
) -> Result<(), Problem> {
    load::sample(app, audit, sample).await?;
    if samples::holds(&app.db, sample, indices).await? {
        return Ok(());
    }
    let detail = "not all of these are in the sample; an estimate rests on what was drawn alone";
    Err(Problem::invalid_field("examples", detail))
}

/// The answer to an action, with where these examples stand by now.
async fn taken(
    app: &App,
    dataset: &Dataset,
    action: &NewAction,
    done: Done,
    indices: &[i32],
) -> Result<Response, Problem> {
    let examples = match done {
        Done::Yes(examples) => examples,
        Done::Otherwise(matching) => {
            let detail = format!("{matching} match by now; nothing was decided");
            return Err(Problem::new(&problem::COUNT_CHANGED, detail)
                .hint("look at them again, then send the new `count`"));
        }
        Done::IdIsTaken => {
            let detail = format!("{} was another action", action.id);
            return Err(Problem::new(&problem::DECISION_ID_REUSED, detail)
                .hint("make up a new id for every decision"));
        }
        Done::NotFound => {
            let detail = "no decision of this audit has the id, or it is itself an undo";
            return Err(Problem::new(&problem::DECISION_NOT_FOUND, detail)
                .hint("GET …/decisions lists them; to go back on an undo, decide again"));
        }
        Done::NotTheirs(reviewer) => {
            let detail = format!("`{reviewer}` took it");
            return Err(Problem::new(&problem::DECISION_NOT_YOURS, detail)
                .hint("decide otherwise yourself: both are kept, and shown as a conflict"));
        }
    };
    let found = decisions::of_examples(&app.db, action.audit, indices).await?;
    let classes = ClassNames::of(dataset);
    let standing = |found: &decisions::ExampleStanding| {
        Ok::<_, Problem>(StandingOfIndex {
            index: found.index,
            standing: ExampleStanding::new(found, classes)?,
        })
    };
    let body = Taken {
        id: action.id,
        reviewer: action.reviewer.clone(),
        examples,
        standings: found.iter().map(standing).collect::<Result<_, _>>()?,
    };
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}
