//! Examples in rank order.

use super::{
    archaeology, load,
    selection::Selection,
    subsets::{self, Choice},
};
use crate::{
    App,
    class_names::ClassNames,
    extract::{Path, Query},
    paging::{self, PageSize},
    problem::Problem,
    view::{
        archaeology::Categories,
        score::{RankedExample, RankedPage, ScoreInfo},
    },
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::{Direction, FieldError, Grouping, Population, Signal, Subset, Variant};
use unearth_store::scores::{self, Filter};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 100,
    max: 1_000,
};

/// By value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// Low values first.
    Asc,
    /// High values first.
    Desc,
}

impl Order {
    /// From which end of the ranking that is; the hard end where nothing was asked for.
    fn of(order: Option<Self>, direction: Direction) -> scores::Order {
        match (order, direction) {
            (None, _)
            | (Some(Self::Desc), Direction::HighHarder)
            | (Some(Self::Asc), Direction::LowHarder) => scores::Order::HardestFirst,
            _ => scores::Order::EasiestFirst,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RankingQuery {
    /// The signal; `vog` by default.
    #[param(inline)]
    signal: Option<Signal>,
    /// Window of VoG: `all` (the default), `early`, `middle`, `late`, or positions such as `0-2-5`.
    window: Option<String>,
    /// Formula of VoG: `std` (the default) or `paper`.
    #[param(inline)]
    variant: Option<Variant>,
    /// Whether the examples that were trained on are ranked (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
    /// How groups are compared: `global` (the default), `within_group` or `shrunken`; in datasets with groups,
    /// of `label_issue`, `final_loss` and `vog`.
    #[param(inline)]
    grouping: Option<Grouping>,
    /// By value; hardest first by default. From the easy end, examples without a value are left out.
    #[param(inline)]
    order: Option<Order>,
    /// Only of the class with this name.
    label: Option<String>,
    /// Only of this split.
    split: Option<String>,
    /// Only of this group.
    group: Option<String>,
    /// Only of this subset.
    #[param(inline)]
    subset: Option<Subset>,
    /// How much of a ranking the subset's rule takes, above 0 and up to 1, instead of its default.
    share: Option<f64>,
    /// Only of this category of the archaeology.
    category: Option<String>,
    /// Smallest value, included.
    min: Option<f64>,
    /// Largest value, included.
    max: Option<f64>,
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most 1,000; 100 by default.
    limit: Option<i64>,
}

/// Lists the examples of an audit in rank order.
#[utoipa::path(
    get, path = "/v1/audits/{id}/examples", tag = "rankings",
    params(("id" = Uuid, Path), RankingQuery),
    responses((status = 200, body = RankedPage))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<RankingQuery>,
) -> Result<Json<RankedPage>, Problem> {
    let selection = Selection::parse(
        query.signal,
        query.window.as_deref(),
        query.variant,
        query.population,
        query.grouping,
    )?;
    let subset = Choice::parse(query.subset, query.share)?;
    let limit = PAGE.limit(query.limit)?;
    let after: Option<i32> = paging::cursor(query.after.as_deref())?;
    let audit = load::audit(&app, id).await?;
    let set = selection.load(&app, &audit).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let classes = ClassNames::known_to(&audit, &dataset);
    let mut filter = filter(
        query.label,
        query.split,
        query.group,
        (query.min, query.max),
        classes,
    )?;
    filter.subset = subsets::members(&app, &audit, selection.key.population, subset).await?;
    filter.category = archaeology::category(&app, &audit, query.category.as_deref()).await?;
    let signal = ScoreInfo::of(selection.signal, &set)?;

    let order = Order::of(query.order, signal.signal.direction);
    let rows = scores::page(
        &app.db,
        set.id,
        dataset.id,
        &filter,
        order,
        after,
        limit + 1,
    )
    .await?;
    let (matching, total) = scores::counts(&app.db, set.id, dataset.id, &filter).await?;
    let (rows, next) = paging::split(rows, limit, |row| row.rank);
    let categories = Categories::of(&audit);
    let items = rows
        .into_iter()
        .map(|row| RankedExample::new(id, &dataset, classes, &categories, row))
        .collect::<Result<_, _>>()?;
    Ok(Json(RankedPage {
        signal,
        total,
        matching,
        items,
        next,
    }))
}

/// The rows that a query leaves.
pub(super) fn filter(
    label: Option<String>,
    split: Option<String>,
    group: Option<String>,
    (min, max): (Option<f64>, Option<f64>),
    classes: ClassNames<'_>,
) -> Result<Filter, Problem> {
    let bounds = [("min", min), ("max", max)];
    let errors: Vec<FieldError> = bounds
        .into_iter()
        .filter(|(_, bound)| bound.is_some_and(f64::is_nan))
        .map(|(field, _)| FieldError::new(field, "must be a number"))
        .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let label = label.map(|name| classes.label(&name)).transpose()?;
    Ok(Filter {
        label,
        split,
        group,
        min,
        max,
        subset: None,
        category: None,
    })
}
