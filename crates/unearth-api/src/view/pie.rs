//! Populations of models and what they disagree on.

use crate::class_names::ClassNames;
use serde::Serialize;
use unearth_audit::{Computation, Level, Pie, PieReport, PieTable, Population, ScoreKey, State};
use unearth_store::{
    StoreError,
    audits::Audit,
    exemplars::{Exemplar, ExemplarOfLevel},
    scores::RankedRow,
};
use utoipa::ToSchema;

/// What the populations of an audit disagree on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PieOfAudit)]
pub(crate) struct PieView {
    /// What was asked for; null where nothing was.
    requested: Option<Pie>,
    /// What came of it, without recalls; over the models so far until it is complete.
    report: Option<PieReport>,
    /// Why there is no report.
    report_reason: Option<String>,
}

impl PieView {
    /// The report, or why there is none.
    pub(crate) fn new(audit: &Audit, report: Option<PieReport>) -> Self {
        let reason = match (&report, &audit.pie, audit.state) {
            (Some(_), ..) => None,
            (None, None, _) => Some(
                "no populations were asked for: POST an audit with `\"pie\": {}`, which trains several models at each sparsity"
                    .to_owned(),
            ),
            (None, Some(_), state @ (State::Failed | State::Cancelled)) => {
                Some(format!("the audit {state}"))
            }
            (None, Some(_), _) => {
                Some("it is made when every population has its first model".to_owned())
            }
        };
        Self {
            requested: audit.pie.clone(),
            report: report.map(without_recalls),
            report_reason: reason,
        }
    }
}

/// Of thousands of classes they would be most of it.
fn without_recalls(report: PieReport) -> PieReport {
    let without = |mut table: PieTable| {
        for level in &mut table.levels {
            level.recalls.clear();
        }
        table
    };
    PieReport {
        trained: without(report.trained),
        held_out: report.held_out.map(without),
        ..report
    }
}

/// What a population and the unpruned one make of an example.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModalClasses)]
pub(crate) struct ModalClasses {
    /// Whether it is an exemplar: the two classes differ.
    is_exemplar: bool,
    /// The class that most of the unpruned models predict.
    unpruned: String,
    /// The class that most of the population's models predict.
    own: String,
    /// Share of the unpruned models that predict theirs.
    unpruned_agreement: f32,
    /// Share of the population's models that predict theirs.
    own_agreement: f32,
    /// Whether either class is tied with another; the larger class index is taken then.
    tied: bool,
}

impl ModalClasses {
    fn new(row: &Exemplar, classes: ClassNames<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            is_exemplar: row.unpruned_class != row.own_class,
            unpruned: classes.name(row.unpruned_class)?,
            own: classes.name(row.own_class)?,
            unpruned_agreement: row.unpruned_agreement,
            own_agreement: row.own_agreement,
            tied: row.tied,
        })
    }

    /// Those of a row; none where the ranking is of no population.
    pub(crate) fn of_row(
        row: &RankedRow,
        classes: ClassNames<'_>,
    ) -> Result<Option<Self>, StoreError> {
        let found = || {
            Some(Exemplar {
                index: row.index,
                unpruned_class: row.unpruned_class?,
                own_class: row.own_class?,
                unpruned_agreement: row.unpruned_agreement?,
                own_agreement: row.own_agreement?,
                tied: row.modal_tied?,
            })
        };
        found().map(|found| Self::new(&found, classes)).transpose()
    }

    pub(crate) fn is_exemplar(&self) -> bool {
        self.is_exemplar
    }

    pub(crate) fn unpruned(&self) -> &str {
        &self.unpruned
    }

    pub(crate) fn own(&self) -> &str {
        &self.own
    }
}

/// One example in the comparison of a population with the unpruned one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExemplarOfLevel)]
pub(crate) struct ExemplarView {
    /// The population.
    level: Level,
    /// Over the examples that were trained on, or over the others.
    population: Population,
    /// Taxicab distance of the two, 0 to 2.
    distance: Option<f64>,
    /// What the two make of it.
    #[serde(flatten)]
    classes: ModalClasses,
}

impl ExemplarView {
    /// A stored row; none where its scoring is of no population.
    pub(crate) fn new(
        row: &ExemplarOfLevel,
        classes: ClassNames<'_>,
    ) -> Result<Option<Self>, StoreError> {
        let key = ScoreKey::from_key(&row.scoring);
        let Some((Computation::Level(level), population)) =
            key.map(|key| (key.computation, key.population))
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            level,
            population,
            distance: row.distance,
            classes: ModalClasses::new(&row.exemplar, classes)?,
        }))
    }
}
