//! Of which kinds an audit's examples are, and how far that can be trusted.

use super::load;
use crate::{App, extract::Path, problem::Problem, view::archaeology::ArchaeologyView};
use axum::extract::State;
use std::collections::BTreeSet;
use unearth_audit::{
    Archaeology, ArchaeologyRequest, CustomSuite, CustomSuiteRequest, DatasetFacts, FieldError,
    Recipe,
};
use unearth_store::{
    archaeology::{self, Category},
    audits::Audit,
    examples,
};
use uuid::Uuid;

/// Unknown keys that are named before the rest is counted.
const NAMED: usize = 5;

/// Shows what the probes of an audit tell apart, and how well.
#[utoipa::path(
    get, path = "/v1/audits/{id}/archaeology", tag = "rankings", security(("token" = ["viewer"])), params(("id" = Uuid, Path)),
    responses((status = 200, body = ArchaeologyView))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<ArchaeologyView>, Problem> {
    let audit = load::audit(&app, id).await?;
    let report = archaeology::report(&app.db, id).await?;
    Ok(axum::Json(ArchaeologyView::new(&audit, report)))
}

/// Fills in the defaults and finds the keys of the user's own suites.
pub(super) async fn resolve(
    app: &App,
    dataset: Uuid,
    asked: &ArchaeologyRequest,
    facts: &DatasetFacts,
    recipe: &Recipe,
) -> Result<Archaeology, Problem> {
    let custom = custom_suites(app, dataset, asked).await?;
    asked
        .resolve(facts, recipe, custom)
        .map_err(Problem::invalid)
}

/// The user's own suites, with their keys found.
pub(super) async fn custom_suites(
    app: &App,
    dataset: Uuid,
    asked: &ArchaeologyRequest,
) -> Result<Vec<CustomSuite>, Problem> {
    let mut custom = Vec::with_capacity(asked.custom.len());
    let mut errors = Vec::new();
    for (at, suite) in asked.custom.iter().enumerate() {
        match found(app, dataset, suite).await? {
            Ok(found) => custom.push(found),
            Err(detail) => errors.push(FieldError::new(
                format!("archaeology.custom[{at}].keys"),
                detail,
            )),
        }
    }
    if errors.is_empty() {
        Ok(custom)
    } else {
        Err(Problem::invalid(errors))
    }
}

async fn found(
    app: &App,
    dataset: Uuid,
    suite: &CustomSuiteRequest,
) -> Result<Result<CustomSuite, String>, Problem> {
    let found = examples::by_key(&app.db, dataset, &suite.keys).await?;
    let keys = suite.keys.iter().map(String::as_str);
    let unknown: Vec<&str> = keys.filter(|&key| !found.contains_key(key)).collect();
    if !unknown.is_empty() {
        let named = unknown[..unknown.len().min(NAMED)].join("`, `");
        let more = match unknown.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return Ok(Err(format!("the dataset has no example `{named}`{more}")));
    }
    let examples: BTreeSet<u32> = found.into_values().collect();
    Ok(Ok(CustomSuite {
        name: suite.name.clone(),
        examples: examples.into_iter().collect(),
    }))
}

/// The category that a ranking is filtered by, where it is.
pub(super) async fn category(
    app: &App,
    audit: &Audit,
    name: Option<&str>,
) -> Result<Option<Category>, Problem> {
    let Some(name) = name else { return Ok(None) };
    let found = archaeology::category(&app.db, audit.id, name).await?;
    found.map(Some).ok_or_else(|| {
        let detail = match &audit.archaeology {
            None => "no archaeology was asked for in this audit".to_owned(),
            Some(asked) => format!(
                "`{name}` is none of its categories, or they are not computed yet; they are {}",
                asked.categories().join(", ")
            ),
        };
        Problem::invalid_field("category", detail)
    })
}
