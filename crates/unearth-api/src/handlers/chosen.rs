//! Which rows of which ranking a query asks for.

use super::{
    archaeology, bounds, load,
    selection::{Selection, SelectionQuery},
    subsets::{self, Choice},
};
use crate::{
    App,
    class_names::ClassNames,
    export::{self, Format},
    problem::Problem,
    view::score::ScoreInfo,
};
use axum::body::Body;
use serde::Deserialize;
use unearth_audit::{FieldError, Standing, Subset};
use unearth_store::{
    audits::Audit,
    datasets::Dataset,
    decisions::Holding,
    score_sets::ScoreSet,
    scores::{self, Beside, Bounds, Filter, RankedRow, Texts, Within},
};
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilterQuery {
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
    /// Only those whose scores of other signals lie within bounds, which are included: `confidence:0.2..0.5`, with an
    /// open end as `confidence:0.2..`, several of them with commas between.
    within: Option<String>,
    /// Only of those that stand so by the decisions on them: `undecided`, `keep`, `relabel`, `exclude`,
    /// `second_look`, `cannot_judge`, `conflict`, several of them with commas between, or `decided` for all but the
    /// first.
    standing: Option<String>,
    /// Only those that this reviewer has not decided on.
    open_to: Option<String>,
}

/// A ranking, and the rows of it that are wanted.
pub(super) struct Chosen {
    pub(super) audit: Audit,
    pub(super) dataset: Dataset,
    /// The ranking.
    pub(super) set: ScoreSet,
    /// What it means.
    pub(super) info: ScoreInfo,
    pub(super) filter: Filter,
}

impl Chosen {
    /// What the queries name, where it is there.
    pub(super) async fn load(
        app: &App,
        audit: Uuid,
        selection: SelectionQuery,
        query: FilterQuery,
    ) -> Result<Self, Problem> {
        let selection = Selection::parse(&selection)?;
        let subset = Choice::parse(query.subset, query.share)?;
        let standings = standings(query.standing.as_deref())?;
        let bounds = bounds::parse(query.within.as_deref())?;
        check_bounds(&query)?;
        let audit = load::audit(app, audit).await?;
        let set = selection.load(app, &audit).await?;
        let dataset = load::dataset(app, audit.dataset_id).await?;
        let classes = ClassNames::known_to(&audit, &dataset);
        let label = query.label.map(|name| classes.label(&name)).transpose()?;
        let mut bounds = bounds::find(app, &audit, selection.key.population, bounds).await?;
        if query.min.is_some() || query.max.is_some() {
            bounds.push(Bounds {
                score_set: set.id,
                low: query.min,
                high: query.max,
            });
        }
        let filter = Filter {
            within: Within::find(&app.db, set.id, &bounds).await?,
            label,
            split: query.split,
            group: query.group,
            subset: subsets::members(app, &audit, selection.key.population, subset).await?,
            category: archaeology::category(app, &audit, query.category.as_deref()).await?,
            holding: (!standings.is_empty() || query.open_to.is_some()).then_some(Holding {
                audit: audit.id,
                standings,
                open_to: query.open_to,
            }),
        };
        Ok(Self {
            info: ScoreInfo::of(selection.signal, &set)?,
            audit,
            dataset,
            set,
            filter,
        })
    }

    /// What its rows bring, and as much of their texts as is asked for.
    pub(super) fn beside(&self, text: Option<Texts>) -> Beside {
        Beside {
            audit: self.audit.id,
            ranges: self.audit.seeds > 1,
            category: self.audit.archaeology.is_some(),
            modal_classes: self.info.level.is_some(),
            text,
        }
    }

    /// Its rows as a file, hardest first.
    pub(super) fn file<F: Format<Row = RankedRow>>(
        &self,
        app: &App,
        text: Option<Texts>,
        format: F,
    ) -> Body {
        let (set, dataset, filter) = (self.set.id, self.dataset.id, &self.filter);
        let beside = self.beside(text);
        let pieces = scores::stream(&app.db, set, dataset, filter, beside, F::ROWS);
        export::body(&app.exports, pieces, format)
    }
}

/// The standings that a list of words names; none where there is no list.
fn standings(list: Option<&str>) -> Result<Vec<Standing>, Problem> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    let decided = Standing::ALL
        .into_iter()
        .filter(|&it| it != Standing::Undecided);
    let mut standings = Vec::new();
    for word in list.split(',') {
        match Standing::from_word(word) {
            Some(standing) => standings.push(standing),
            None if word == "decided" => standings.extend(decided.clone()),
            None => {
                let words = Standing::ALL.map(Standing::as_str).join(", ");
                let detail =
                    format!("`{word}` is not a standing; it is one of {words}, or decided");
                return Err(Problem::invalid_field("standing", detail));
            }
        }
    }
    Ok(standings)
}

fn check_bounds(query: &FilterQuery) -> Result<(), Problem> {
    let bounds = [("min", query.min), ("max", query.max)];
    let errors: Vec<FieldError> = bounds
        .into_iter()
        .filter(|(_, bound)| bound.is_some_and(f64::is_nan))
        .map(|(field, _)| FieldError::new(field, "must be a number"))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(errors))
    }
}
