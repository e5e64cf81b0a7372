//! Rankings looked at group by group.

use super::{
    load,
    selection::{Selection, SelectionQuery},
};
use crate::{
    App,
    extract::{Path, Query},
    problem::Problem,
    view::{
        group::{FlaggedInGroup, Group, Groups},
        score::inconsistent,
    },
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::{GroupReport, Grouping, Population, Signal, share_of};
use unearth_store::{archaeology, groups, groups::GroupRow, score_sets::ScoreSet};
use utoipa::IntoParams;
use uuid::Uuid;

const SHARE: f64 = 0.05;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupsQuery {
    /// `label_issue` (the default), `final_loss` or `vog`.
    #[param(inline)]
    signal: Option<Signal>,
    /// Whether the examples that were trained on are looked at (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
    /// Share of each ranking that counts as flagged, above 0 and up to 1; 0.05 by default.
    share: Option<f64>,
}

/// Shows what is flagged in each group by rankings that compare groups in three ways, and how well wrong
/// labels are found there.
#[utoipa::path(
    get, path = "/v1/audits/{id}/groups", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), GroupsQuery),
    responses((status = 200, body = Groups))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<GroupsQuery>,
) -> Result<Json<Groups>, Problem> {
    let signal = query.signal.unwrap_or(Signal::LabelIssue);
    if !Grouping::is_of(signal) {
        let detail =
            format!("{signal} is not ranked by group; label_issue, final_loss and vog are");
        return Err(Problem::invalid_field("signal", detail));
    }
    let share = query.share.unwrap_or(SHARE);
    if !(share > 0.0 && share <= 1.0) {
        return Err(Problem::invalid_field(
            "share",
            "must lie above 0 and up to 1",
        ));
    }
    let audit = load::audit(&app, id).await?;
    let mut rankings = Vec::new();
    for grouping in [Grouping::Global].into_iter().chain(Grouping::ADJUSTED) {
        let wanted = SelectionQuery::of(signal, query.population, grouping);
        let selection = Selection::parse(&wanted)?;
        let found = selection.load(&app, &audit).await;
        // Without groups there is the global ranking alone.
        if grouping == Grouping::Global || found.is_ok() {
            let rows = rows(&app, &found?, audit.dataset_id, share).await?;
            rankings.push((grouping, rows));
        }
    }
    let report = archaeology::report(&app.db, id).await?;
    let probes = report.map(|report| report.groups).unwrap_or_default();
    Ok(Json(Groups {
        share,
        items: items(&rankings, &probes),
        note: note(&rankings, &probes),
    }))
}

async fn rows(
    app: &App,
    set: &ScoreSet,
    dataset: Uuid,
    share: f64,
) -> Result<Vec<GroupRow>, Problem> {
    let scored = set
        .scored
        .ok_or_else(|| inconsistent(set, "statistics", &"do not count the scores"))?;
    let top = share_of(share, scored.unsigned_abs()) as i64;
    Ok(groups::of_set(&app.db, set.id, dataset, top).await?)
}

/// Every ranking has a row of each group.
fn items(rankings: &[(Grouping, Vec<GroupRow>)], probes: &[GroupReport]) -> Vec<Group> {
    let global = rankings.iter().take(1).flat_map(|(_, rows)| rows);
    global
        .map(|group| {
            let of_group =
                |rows: &[GroupRow]| rows.iter().find(|row| row.name == group.name).cloned();
            let flagged = rankings.iter().filter_map(|(grouping, rows)| {
                Some(FlaggedInGroup::new(*grouping, &of_group(rows)?))
            });
            let probes = probes
                .iter()
                .find(|probes| Some(&probes.name) == group.name.as_ref());
            Group {
                name: group.name.clone(),
                examples: group.examples,
                median: group.median,
                flagged: flagged.collect(),
                planted: probes.map(|probes| probes.planted.clone()),
                clean: probes.map(|probes| probes.clean.clone()),
            }
        })
        .collect()
}

fn note(rankings: &[(Grouping, Vec<GroupRow>)], probes: &[GroupReport]) -> Option<String> {
    if rankings.len() == 1 {
        return Some(
            "the dataset has fewer than two groups, so there is nothing to compare".into(),
        );
    }
    probes.is_empty().then(|| {
        "without an archaeology there are no probes to tell how many planted errors are found in a group".into()
    })
}
