//! Two audits side by side.

use super::{
    load,
    selection::{Selection, SelectionQuery},
};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Nothing, Path, Queries},
    problem::Problem,
    view::{
        comparison::{Changes, Comparison, MatchedBy, Names},
        score::ScoreInfo,
    },
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_store::{audits::Audit, comparison, datasets::Dataset, examples, score_sets::ScoreSet};
use utoipa::IntoParams;
use uuid::Uuid;

/// Most examples of a top.
const TOP_MAX: i32 = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopQuery {
    /// How many of the hardest are looked at, at most 1,000; 100 by default.
    top: Option<i32>,
}

/// Compares a ranking of an audit with the same ranking of another: how far they agree, which examples entered the
/// top and which left it, class by class.
///
/// Examples are the same by their index where the datasets have the same content, otherwise by their key: a dataset
/// before and after it was cleaned.
#[utoipa::path(
    get, path = "/v1/audits/{id}/compare/{other}", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("other" = Uuid, Path), SelectionQuery, TopQuery),
    responses((status = 200, body = Comparison))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path((id, other)): Path<(Uuid, Uuid)>,
    Queries(selection, query, Nothing {}): Queries<SelectionQuery, TopQuery>,
) -> Result<Json<Comparison>, Problem> {
    let top = query.top.unwrap_or(100);
    if !(1..=TOP_MAX).contains(&top) {
        let detail = format!("must lie between 1 and {TOP_MAX}");
        return Err(Problem::invalid_field("top", detail));
    }
    let selection = Selection::parse(&selection)?;
    let here = Side::load(&app, &selection, id).await?;
    let there = Side::load(&app, &selection, other).await?;
    let matched_by = here.matched_by(&there);
    let pairs = match matched_by {
        MatchedBy::Index => comparison::by_index(&app.db, here.set.id, there.set.id).await?,
        MatchedBy::Key => {
            let (a, b) = (here.of_dataset(), there.of_dataset());
            comparison::by_key(&app.db, a, b).await?
        }
    };
    let changes = Changes::of(&pairs, top);
    let own_names = here.names(&app, &changes.here()).await?;
    let other_names = there.names(&app, &changes.there()).await?;
    let info = ScoreInfo::of(selection.signal, &here.set)?;
    Ok(Json(Comparison::new(
        info,
        matched_by,
        (&pairs, top),
        changes,
        (&own_names, &other_names),
    )?))
}

/// One of the two.
struct Side {
    audit: Audit,
    dataset: Dataset,
    set: ScoreSet,
}

impl Side {
    async fn load(app: &App, selection: &Selection, id: Uuid) -> Result<Self, Problem> {
        let audit = load::audit(app, id).await?;
        let set = selection.load(app, &audit).await?;
        let dataset = load::dataset(app, audit.dataset_id).await?;
        Ok(Self {
            audit,
            dataset,
            set,
        })
    }

    fn of_dataset(&self) -> (Uuid, i64) {
        (self.dataset.id, self.set.id)
    }

    async fn names(&self, app: &App, indices: &[i32]) -> Result<Names<'_>, Problem> {
        let examples = examples::of_indices(&app.db, self.dataset.id, indices).await?;
        let keys = examples.into_iter().map(|it| (it.index, it.key));
        Ok(Names {
            classes: ClassNames::known_to(&self.audit, &self.dataset),
            keys: keys.collect(),
        })
    }

    fn matched_by(&self, other: &Self) -> MatchedBy {
        let same_content = self.dataset.content_hash == other.dataset.content_hash;
        if self.dataset.id == other.dataset.id || same_content {
            MatchedBy::Index
        } else {
            MatchedBy::Key
        }
    }
}
