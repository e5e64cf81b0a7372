//! Parts of an audit that a rule picks out.

use super::load;
use crate::{
    App,
    extract::{Path, Query},
    problem::{self, Problem},
    view::subset::{SubsetView, Subsets},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use unearth_audit::{Pie, Population, Subset};
use unearth_store::{
    audits::Audit,
    subsets::{self, Base, Membership, Unavailable},
};
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubsetsQuery {
    /// Whether it is taken from the examples that were trained on (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubsetQuery {
    /// Whether it is taken from the examples that were trained on (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
    /// How much of a ranking its rule takes, above 0 and up to 1, instead of the default.
    share: Option<f64>,
}

/// Lists the subsets of an audit with their rules and sizes.
///
/// They are picked out of stored scores when they are asked for, so another threshold trains nothing.
#[utoipa::path(
    get, path = "/v1/audits/{id}/subsets", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), SubsetsQuery),
    responses((status = 200, body = Subsets))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<SubsetsQuery>,
) -> Result<Json<Subsets>, Problem> {
    let population = query.population.unwrap_or_default();
    let audit = load::audit(&app, id).await?;
    let base = base(&app, &audit, population).await?;
    let mut items = Vec::new();
    for subset in subsets_of(&audit) {
        items.push(view(&app, &audit, population, Choice::default_of(subset), base).await?);
    }
    Ok(Json(Subsets {
        total: base.total,
        items,
    }))
}

/// Shows one subset, with another threshold where one is given.
#[utoipa::path(
    get, path = "/v1/audits/{id}/subsets/{name}", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ("name" = Subset, Path), SubsetQuery),
    responses((status = 200, body = SubsetView))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path((id, name)): Path<(Uuid, String)>,
    Query(query): Query<SubsetQuery>,
) -> Result<Json<SubsetView>, Problem> {
    let subset = Subset::from_name(&name).ok_or_else(|| {
        let names = Subset::ALL.map(|subset| subset.info().name).join(", ");
        let detail = format!("there is no subset `{name}`");
        Problem::new(&problem::SUBSET_NOT_FOUND, detail).hint(format!(
            "the subsets are {names}, and those of populations, such as pie@0.5 and cie_int8"
        ))
    })?;
    let choice = Choice::parse(Some(subset), query.share)?.unwrap_or(Choice::default_of(subset));
    let population = query.population.unwrap_or_default();
    let audit = load::audit(&app, id).await?;
    let base = base(&app, &audit, population).await?;
    Ok(Json(view(&app, &audit, population, choice, base).await?))
}

/// Those that any audit may have, and those of its populations.
fn subsets_of(audit: &Audit) -> impl Iterator<Item = Subset> {
    let levels = audit.pie.iter().flat_map(Pie::compared);
    Subset::ALL.into_iter().chain(levels.map(Subset::Exemplars))
}

async fn base(app: &App, audit: &Audit, population: Population) -> Result<Base, Problem> {
    subsets::base(&app.db, audit.id, population)
        .await?
        .ok_or_else(|| super::selection::nothing_ranked(audit, population))
}

async fn view(
    app: &App,
    audit: &Audit,
    population: Population,
    choice: Choice,
    base: Base,
) -> Result<SubsetView, Problem> {
    let count = match choice.find(app, audit, population).await? {
        Ok(membership) => Ok(subsets::count(&app.db, base, &membership).await?),
        Err(Unavailable(reason)) => Err(reason),
    };
    Ok(SubsetView::new(
        audit.id,
        population,
        choice.subset,
        choice.share,
        count,
        base.total,
    ))
}

/// A subset and how much of a ranking its rule takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    subset: Subset,
    /// None where its rule takes no share.
    share: Option<f64>,
}

impl Choice {
    fn default_of(subset: Subset) -> Self {
        Self {
            subset,
            share: subset.default_share(),
        }
    }

    /// What `subset` and `share` of a query mean.
    pub(super) fn parse(
        subset: Option<Subset>,
        share: Option<f64>,
    ) -> Result<Option<Self>, Problem> {
        let wrong = |detail: String| Err(Problem::invalid_field("share", detail));
        match (subset, share) {
            (None, None) => Ok(None),
            (None, Some(_)) => wrong("means something with `subset` only; leave it out".into()),
            (Some(subset), None) => Ok(Some(Self::default_of(subset))),
            (Some(subset), Some(_)) if subset.default_share().is_none() => {
                wrong(format!("the rule of {subset} takes no share; leave it out"))
            }
            (Some(_), Some(share)) if !(share > 0.0 && share <= 1.0) => {
                wrong("must lie above 0 and up to 1".into())
            }
            (Some(subset), share) => Ok(Some(Self { subset, share })),
        }
    }

    async fn find(
        self,
        app: &App,
        audit: &Audit,
        population: Population,
    ) -> Result<Result<Membership, Unavailable>, Problem> {
        let conditions = self.subset.conditions(self.share.unwrap_or(1.0));
        let dataset = audit.dataset_id;
        Ok(subsets::find(&app.db, audit.id, dataset, population, &conditions).await?)
    }
}

/// The members of the subset that a ranking is filtered by, where it is.
pub(super) async fn members(
    app: &App,
    audit: &Audit,
    population: Population,
    choice: Option<Choice>,
) -> Result<Option<Membership>, Problem> {
    let Some(choice) = choice else {
        return Ok(None);
    };
    let found = choice.find(app, audit, population).await?;
    found.map(Some).map_err(|Unavailable(reason)| {
        Problem::new(&problem::SUBSET_UNAVAILABLE, reason)
            .hint("GET …/subsets lists those that there are")
    })
}
