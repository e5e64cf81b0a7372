//! Examples in rank order.

use super::{
    chosen::{Chosen, FilterQuery},
    selection::SelectionQuery,
};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Path, Queries},
    paging::{self, PageSize},
    problem::Problem,
    view::{
        archaeology::Categories,
        score::{RankedCount, RankedExample, RankedPage},
    },
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::Direction;
use unearth_store::scores::{self, Part, Texts};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 100,
    max: 1_000,
};

/// By value, or from one end of the ranking whichever values are hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// Low values first.
    Asc,
    /// High values first.
    Desc,
    /// Rank 1 first.
    Hardest,
    /// The last rank first.
    Easiest,
}

impl Order {
    /// From which end of the ranking that is; the hard end where nothing was asked for.
    fn of(order: Option<Self>, direction: Direction) -> scores::Order {
        match (order, direction) {
            (None | Some(Self::Hardest), _)
            | (Some(Self::Desc), Direction::HighHarder)
            | (Some(Self::Asc), Direction::LowHarder) => scores::Order::HardestFirst,
            _ => scores::Order::EasiestFirst,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Hardest first by default; `asc` and `desc` go by value. From the easy end, examples without a value are left out.
    #[param(inline)]
    order: Option<Order>,
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 1,000; 100 by default.
    limit: Option<i64>,
    /// Whether to count what a filter leaves: true by default. Without it the page comes at once from a ranking of any
    /// length.
    count: Option<bool>,
}

/// Counts the examples of a ranking and those that the filters leave.
#[utoipa::path(
    get, path = "/v1/audits/{id}/examples/count", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery),
    responses((status = 200, body = RankedCount))
)]
pub(crate) async fn count(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, _): Queries<SelectionQuery, FilterQuery>,
) -> Result<Json<RankedCount>, Problem> {
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let (set, dataset) = (chosen.set.id, chosen.dataset.id);
    let total = scores::total(&app.db, set);
    let matching = scores::count(&app.db, set, dataset, &chosen.filter);
    let (total, matching) = tokio::try_join!(total, matching)?;
    Ok(Json(RankedCount { total, matching }))
}

/// Lists the examples of an audit in rank order.
#[utoipa::path(
    get, path = "/v1/audits/{id}/examples", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SelectionQuery, FilterQuery, PageQuery),
    responses((status = 200, body = RankedPage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Queries(selection, filter, query): Queries<SelectionQuery, FilterQuery, PageQuery>,
) -> Result<Json<RankedPage>, Problem> {
    let limit = PAGE.limit(query.limit)?;
    let after: Option<i32> = paging::cursor(query.after.as_deref())?;
    let chosen = Chosen::load(&app, id, selection, filter).await?;
    let beside = chosen.beside(Some(Texts::Excerpt));
    let Chosen {
        audit,
        dataset,
        set,
        info,
        filter,
    } = chosen;

    let part = Part {
        order: Order::of(query.order, info.signal.direction),
        after,
        limit: limit + 1,
    };
    let page = scores::page(&app.db, set.id, dataset.id, &filter, beside, part);
    let total = scores::total(&app.db, set.id);
    let counted = query.count.unwrap_or(true) || filter.is_empty();
    let matching = async {
        if !counted {
            return Ok(None);
        }
        let matching = scores::count(&app.db, set.id, dataset.id, &filter).await?;
        Ok(Some(matching))
    };
    let (rows, total, matching) = tokio::try_join!(page, total, matching)?;
    let (rows, next) = paging::split(rows, limit, |row| row.rank);
    let classes = ClassNames::known_to(&audit, &dataset);
    let categories = Categories::of(&audit);
    let items = rows
        .into_iter()
        .map(|row| RankedExample::new(id, &dataset, classes, &categories, row))
        .collect::<Result<_, _>>()?;
    Ok(Json(RankedPage {
        signal: info,
        total,
        matching,
        items,
        next,
    }))
}
