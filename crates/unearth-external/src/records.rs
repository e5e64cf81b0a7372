//! Records: what a batch says of its examples at one epoch.

use crate::{BatchError, Code, Table, logits, rows::ascending, table::Values};
use unearth_audit::{Quantity, Record};

/// Columns of a batch of records, beside those of its quantities.
const COLUMNS: [&str; 4] = ["index", "key", "logits", "label"];
/// How far rounding may carry a probability out of its range.
const SLACK: f32 = 1e-5;

/// What must be known of the dataset and the model to read records.
#[derive(Debug, Clone, Copy)]
pub struct Dataset<'a> {
    /// The given label of each row's example; looked at only where [`needs_labels`](Self::needs_labels) says so.
    pub labels: &'a [i32],
    /// The label of each class of the model, in the order of its logits.
    pub class_labels: &'a [i32],
}

impl Dataset<'_> {
    /// Whether the given labels of its examples must be known to read a batch.
    pub fn needs_labels(table: &Table) -> bool {
        ["logits", "label", "best_other"]
            .iter()
            .any(|name| table.has(name))
    }
}

/// Checked records, by ascending index.
#[derive(Debug, PartialEq)]
pub struct RecordBatch {
    /// Examples, ascending.
    pub indices: Vec<u32>,
    /// Which quantities were posted, or derived from logits; the others hold NaN and -1.
    pub quantities: Vec<Quantity>,
    /// One value per example and quantity, in the order of the indices.
    pub values: Record,
}

/// Reads records of the examples `indices`, row by row.
///
/// Either `logits` are posted, of which every quantity is derived, or the quantities themselves.
///
/// # Errors
/// What is wrong, with its column and row.
pub fn records(
    table: &Table,
    indices: &[u32],
    dataset: Dataset<'_>,
) -> Result<RecordBatch, BatchError> {
    let known: Vec<&str> = Quantity::ALL
        .map(Quantity::as_str)
        .into_iter()
        .chain(COLUMNS)
        .collect();
    table.only(&known)?;
    let order = ascending(indices)?;
    check_labels(table, dataset)?;
    let given: Vec<Quantity> = Quantity::ALL
        .into_iter()
        .filter(|quantity| table.has(quantity.as_str()))
        .collect();
    let (quantities, values) = match (table.has("logits"), given.is_empty()) {
        (true, true) => (Quantity::ALL.to_vec(), of_logits(table, dataset)?),
        (false, false) => (given, of_quantities(table, dataset)?),
        (true, false) => {
            let detail = "is there beside `logits`, of which it is derived";
            let name = given[0].as_str();
            let error = BatchError::of_column(Code::UnknownColumn, name, detail);
            return Err(error.hint("leave one of them out"));
        }
        (false, true) => {
            let detail = "there is neither `logits` nor any quantity of a record";
            let hint = format!("the columns are {}", known.join(", "));
            return Err(BatchError::new(Code::MissingColumn, detail).hint(hint));
        }
    };
    Ok(RecordBatch {
        indices: order.iter().map(|&row| indices[row]).collect(),
        quantities,
        values: reordered(&values, &order),
    })
}

fn of_quantities(table: &Table, dataset: Dataset<'_>) -> Result<Record, BatchError> {
    let mut values = Record::unseen(table.rows());
    if let Some(loss) = table.floats("loss")? {
        finite("loss", loss)?;
        values.loss = loss.to_vec().into();
    }
    if let Some(p_given) = table.floats("p_given")? {
        values.p_given = probabilities(p_given)?.into();
    }
    if let Some(margin) = table.floats("margin")? {
        finite("margin", margin)?;
        values.margin = margin.to_vec().into();
    }
    if let Some(el2n) = table.floats("el2n")? {
        finite("el2n", el2n)?;
        let range = -SLACK..=std::f32::consts::SQRT_2 + SLACK;
        if let Some(row) = el2n.iter().position(|value| !range.contains(value)) {
            let detail = format!(
                "is {}; it lies between 0 and the square root of 2",
                el2n[row]
            );
            let error = BatchError::of_column(Code::OutOfRange, "el2n", detail).at_row(row);
            return Err(error.hint("it is the L2 norm of softmax minus one-hot, not its square"));
        }
        values.el2n = el2n.to_vec().into();
    }
    if let Some(predicted) = table.integers("predicted")? {
        values.predicted = labels_of("predicted", predicted, dataset)?.into();
    }
    if let Some(best_other) = table.integers("best_other")? {
        values.best_other = labels_of("best_other", best_other, dataset)?.into();
        let own = values.best_other.iter().zip(dataset.labels);
        if let Some(row) = own.into_iter().position(|(other, given)| other == given) {
            let detail = "is the given label itself";
            return Err(
                BatchError::of_column(Code::UnknownClass, "best_other", detail).at_row(row),
            );
        }
    }
    Ok(values)
}

fn finite(name: &str, values: &[f32]) -> Result<(), BatchError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => {
            let detail = format!("is {}, not a finite number", values[row]);
            let error = BatchError::of_column(Code::NotFinite, name, detail).at_row(row);
            Err(error.hint("the training diverged there, or the row was never filled in"))
        }
    }
}

fn probabilities(values: &[f32]) -> Result<Vec<f32>, BatchError> {
    finite("p_given", values)?;
    let range = -SLACK..=1.0 + SLACK;
    if let Some(row) = values.iter().position(|value| !range.contains(value)) {
        let detail = format!("is {}, not a probability", values[row]);
        let error = BatchError::of_column(Code::OutOfRange, "p_given", detail).at_row(row);
        return Err(error.hint(
            "these look like logits: post all of them as `logits` [rows, classes], or take the softmax first",
        ));
    }
    Ok(values.iter().map(|value| value.clamp(0.0, 1.0)).collect())
}

/// Classes of the model as labels.
fn labels_of(name: &str, classes: &[i64], dataset: Dataset<'_>) -> Result<Vec<i32>, BatchError> {
    require_classes(name, dataset)?;
    let label = |class: i64| {
        let class = usize::try_from(class).ok()?;
        dataset.class_labels.get(class).copied()
    };
    let labels = classes.iter().enumerate().map(|(row, &class)| {
        label(class).ok_or_else(|| {
            let detail = format!(
                "is {class}, which is none of the model's {} classes, counted from 0",
                dataset.class_labels.len()
            );
            BatchError::of_column(Code::UnknownClass, name, detail).at_row(row)
        })
    });
    labels.collect()
}

fn require_classes(name: &str, dataset: Dataset<'_>) -> Result<(), BatchError> {
    if !dataset.class_labels.is_empty() {
        return Ok(());
    }
    let detail = "means nothing here: the dataset has no labels";
    let error = BatchError::of_column(Code::UnknownColumn, name, detail);
    Err(error.hint("upload the dataset with a column `label`, or post quantities that need none"))
}

fn of_logits(table: &Table, dataset: Dataset<'_>) -> Result<Record, BatchError> {
    require_classes("logits", dataset)?;
    let classes = dataset.class_labels.len();
    if classes < 2 {
        let detail = "need two classes at least, and the model has one";
        return Err(BatchError::of_column(Code::WrongColumn, "logits", detail));
    }
    let logits = table.blocks("logits", &[classes]).map_err(|error| {
        error.hint(format!(
            "the model has {classes} classes; where it has more than the dataset, name them in `classes` when the audit is begun"
        ))
    })?;
    let logits = logits.unwrap_or_default();
    if let Some(at) = logits.iter().position(|value| !value.is_finite()) {
        let detail = format!("hold {}, not a finite number", logits[at]);
        return Err(BatchError::of_column(Code::NotFinite, "logits", detail).at_row(at / classes));
    }
    if are_probabilities(logits, classes) {
        let detail = "are probabilities: every row lies between 0 and 1 and sums to 1";
        let error = BatchError::of_column(Code::OutOfRange, "logits", detail);
        return Err(error.hint("post the values before the softmax, or the quantities themselves"));
    }
    let class_of = |row: usize| {
        let label = dataset.labels[row];
        let class = dataset
            .class_labels
            .iter()
            .position(|&other| other == label);
        class.ok_or_else(|| {
            let detail = "is of a class that the model does not have";
            BatchError::new(Code::UnknownClass, detail).at_row(row)
        })
    };
    let mut values = Record::unseen(table.rows());
    for (row, logits) in logits.chunks_exact(classes).enumerate() {
        let derived = logits::derive(logits, class_of(row)?);
        values.loss[row] = derived.loss;
        values.p_given[row] = derived.p_given;
        values.margin[row] = derived.margin;
        values.el2n[row] = derived.el2n;
        values.predicted[row] = dataset.class_labels[derived.predicted];
        values.best_other[row] = dataset.class_labels[derived.best_other];
    }
    Ok(values)
}

fn are_probabilities(logits: &[f32], classes: usize) -> bool {
    logits.chunks_exact(classes).all(|row| {
        let sum: f32 = row.iter().sum();
        (sum - 1.0).abs() < 1e-3 && row.iter().all(|p| (0.0..=1.0).contains(p))
    })
}

/// The labels that a batch repeats must be those of the dataset: else the rows are not aligned.
fn check_labels(table: &Table, dataset: Dataset<'_>) -> Result<(), BatchError> {
    let Some(column) = table.column("label") else {
        return Ok(());
    };
    let Values::Integers(classes) = &column.values else {
        let detail = "must hold classes of the model, counted from 0";
        return Err(BatchError::of_column(Code::WrongColumn, "label", detail));
    };
    let labels = labels_of("label", classes, dataset)?;
    let differs = labels.iter().zip(dataset.labels).position(|(a, b)| a != b);
    match differs {
        None => Ok(()),
        Some(row) => {
            let detail = "is another class than the dataset's label of that example";
            let error = BatchError::of_column(Code::LabelMismatch, "label", detail).at_row(row);
            Err(error.hint(
                "the rows are not those of the examples they name, or the model counts its classes in another order: name them in `classes` when the audit is begun",
            ))
        }
    }
}

fn reordered(values: &Record, order: &[usize]) -> Record {
    fn of<T: Copy>(values: &[T], order: &[usize]) -> Vec<T> {
        order.iter().map(|&row| values[row]).collect()
    }
    Record {
        loss: of(&values.loss, order).into(),
        p_given: of(&values.p_given, order).into(),
        margin: of(&values.margin, order).into(),
        el2n: of(&values.el2n, order).into(),
        predicted: of(&values.predicted, order).into(),
        best_other: of(&values.best_other, order).into(),
    }
}
