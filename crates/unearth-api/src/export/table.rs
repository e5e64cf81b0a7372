//! A ranking as a table: the columns that CSV and Parquet share.

use crate::{
    class_names::ClassNames,
    view::{
        archaeology::{Categories, CategoryOfExample},
        pie::ModalClasses,
    },
};
use unearth_audit::{Level, Standing};
use unearth_store::{StoreError, audits::Audit, datasets::Dataset, decisions, scores::RankedRow};

/// One row, with everything by its name.
pub(crate) struct Row<'r> {
    ranked: &'r RankedRow,
    label: Option<&'r str>,
    suggested: Option<&'r str>,
    vote: Option<CategoryOfExample>,
    modal: Option<ModalClasses>,
    standing: Standing,
    decided: Option<&'r str>,
}

/// A column: its name, and how a row is read. What is read says its type.
pub(crate) struct Column {
    pub(crate) name: String,
    /// Whether a row may have no value.
    pub(crate) nullable: bool,
    pub(crate) read: Read,
}

/// How a row's value is read.
pub(crate) enum Read {
    Whole(fn(&Row<'_>) -> Option<i32>),
    Text(for<'r> fn(&'r Row<'_>) -> Option<&'r str>),
    Number(ReadNumber),
    Flag(fn(&Row<'_>) -> Option<bool>),
}

/// One of a category knows its name.
type ReadNumber = Box<dyn Fn(&Row<'_>) -> Option<f64> + Send>;

/// How the rows of an audit are laid out.
pub(crate) struct Table {
    audit: Audit,
    dataset: Dataset,
    categories: Categories,
    columns: Vec<Column>,
}

impl Table {
    /// The columns that every ranking has; those of seeds, of an archaeology and of populations follow, and
    /// more may in later versions.
    pub(crate) fn new(audit: Audit, dataset: Dataset, level: Option<Level>) -> Self {
        let categories = Categories::of(&audit);
        let mut columns = vec![
            required("rank", Read::Whole(|row| Some(row.ranked.rank))),
            required("index", Read::Whole(|row| Some(row.ranked.index))),
            required("key", Read::Text(|row| Some(&row.ranked.key))),
            optional("label", Read::Text(|row| row.label)),
            optional("split", Read::Text(|row| row.ranked.split.as_deref())),
            optional("group", Read::Text(|row| row.ranked.group_name.as_deref())),
            optional("score", number(|row| row.ranked.value)),
            optional(
                "score_class_normalised",
                number(|row| row.ranked.normalised),
            ),
            optional("percentile", number(|row| row.ranked.percentile)),
            optional("suggested_label", Read::Text(|row| row.suggested)),
            optional(
                "suggested_probability",
                number(|row| row.ranked.suggested_probability),
            ),
            required("standing", Read::Text(|row| Some(row.standing.as_str()))),
            optional("decided_label", Read::Text(|row| row.decided)),
            required(
                "reviewers",
                Read::Whole(|row| Some(row.ranked.reviewers.unwrap_or_default())),
            ),
        ];
        if audit.seeds > 1 {
            columns.extend(over_seeds());
        }
        if !categories.names().is_empty() {
            columns.extend(of_categories(&categories));
        }
        if level.is_some() {
            columns.extend(of_populations());
        }
        Self {
            audit,
            dataset,
            categories,
            columns,
        }
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Rows of the ranking, with their classes and categories by name.
    pub(crate) fn rows<'r>(&'r self, rows: &'r [RankedRow]) -> Result<Vec<Row<'r>>, StoreError> {
        let classes = ClassNames::known_to(&self.audit, &self.dataset);
        let named = |label: Option<i32>| label.map(|it| classes.name_str(it)).transpose();
        let row = |ranked: &'r RankedRow| {
            Ok(Row {
                label: classes.given_str(ranked.label)?,
                suggested: named(ranked.suggested)?,
                vote: self.categories.of_row(ranked),
                modal: ModalClasses::of_row(ranked, classes)?,
                standing: decisions::standing_of(ranked)?,
                decided: named(ranked.decided_label)?,
                ranked,
            })
        };
        rows.iter().map(row).collect()
    }
}

/// Ranges over the seeds.
fn over_seeds() -> [Column; 4] {
    [
        optional("score_low", number(|row| row.ranked.value_low)),
        optional("score_high", number(|row| row.ranked.value_high)),
        optional("rank_low", Read::Whole(|row| row.ranked.rank_low)),
        optional("rank_high", Read::Whole(|row| row.ranked.rank_high)),
    ]
}

fn of_categories(categories: &Categories) -> Vec<Column> {
    let vote = [
        optional(
            "category",
            Read::Text(|row| row.vote.as_ref().map(CategoryOfExample::category)),
        ),
        optional(
            "category_tied",
            Read::Flag(|row| row.vote.as_ref().map(CategoryOfExample::is_tied)),
        ),
    ];
    let probabilities = categories.names().iter().cloned().map(|name| {
        let column = format!("p_{name}");
        optional(
            &column,
            number(move |row| row.vote.as_ref()?.probability(&name)),
        )
    });
    vote.into_iter().chain(probabilities).collect()
}

/// What the ranked population and the unpruned one make of an example.
fn of_populations() -> [Column; 6] {
    let agreement = |share: Option<f32>| share.map(f64::from);
    [
        optional(
            "exemplar",
            Read::Flag(|row| row.modal.as_ref().map(ModalClasses::is_exemplar)),
        ),
        optional(
            "modal_unpruned",
            Read::Text(|row| row.modal.as_ref().map(ModalClasses::unpruned)),
        ),
        optional(
            "modal_compressed",
            Read::Text(|row| row.modal.as_ref().map(ModalClasses::own)),
        ),
        optional(
            "agreement_unpruned",
            number(move |row| agreement(row.ranked.unpruned_agreement)),
        ),
        optional(
            "agreement_compressed",
            number(move |row| agreement(row.ranked.own_agreement)),
        ),
        optional("modal_tied", Read::Flag(|row| row.ranked.modal_tied)),
    ]
}

fn required(name: &str, read: Read) -> Column {
    Column {
        name: name.to_owned(),
        nullable: false,
        read,
    }
}

fn optional(name: &str, read: Read) -> Column {
    Column {
        nullable: true,
        ..required(name, read)
    }
}

fn number(read: impl Fn(&Row<'_>) -> Option<f64> + Send + 'static) -> Read {
    Read::Number(Box::new(read))
}
