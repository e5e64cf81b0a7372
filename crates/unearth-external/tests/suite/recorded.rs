//! Bad records: what is told of them.

use crate::make::{f32s, floats, integers, npy, npz, read, texts, told};
use unearth_audit::Quantity;
use unearth_external::{Dataset, Format, Rows};

type Arrays<'a> = &'a [(&'a str, Vec<u8>)];

fn index() -> (&'static str, Vec<u8>) {
    ("index", integers(&[0, 1]))
}

fn logits(values: &[f32]) -> (&'static str, Vec<u8>) {
    ("logits", npy("<f4", &[2, values.len() / 2], &f32s(values)))
}

#[test]
fn quantities_that_are_not_posted_stay_unknown() {
    let bytes = npz(&[
        ("key", texts(&["d", "b"])),
        (
            "loss",
            npy("<f8", &[2], &[0.5f64, 0.25].map(f64::to_le_bytes).concat()),
        ),
        ("predicted", integers(&[1, 0])),
    ]);
    let records = read(&Format::Npz.read(&bytes).unwrap()).unwrap();
    assert_eq!(records.indices, [1, 3]);
    assert_eq!(*records.values.loss, [0.25, 0.5]);
    assert_eq!(*records.values.predicted, [0, 1]);
    assert_eq!(records.quantities, [Quantity::Loss, Quantity::Predicted]);
    assert!(records.values.margin.iter().all(|margin| margin.is_nan()));
}

#[test]
fn each_problem_names_its_column_and_row() {
    let two = [0.5, 0.5];
    let cases: [(Arrays<'_>, &str); 17] = [
        (
            &[index(), ("loss", floats(&[0.5, f32::NAN]))],
            "value-not-finite: `loss` of row 1 is NaN, not a finite number",
        ),
        (
            &[index(), ("p_given", floats(&[0.5, 3.25]))],
            "value-out-of-range: `p_given` of row 1 is 3.25, not a probability",
        ),
        (
            &[index(), ("el2n", floats(&[1.9, 0.5]))],
            "value-out-of-range: `el2n` of row 0 is 1.9; it lies between 0 and the square root of 2",
        ),
        (
            &[("index", integers(&[1, 1])), ("loss", floats(&two))],
            "example-duplicate: row 1 is the example 1 again, which row 0 is",
        ),
        (
            &[("index", integers(&[1, 4])), ("loss", floats(&two))],
            "example-unknown: `index` of row 1 is none of the 4 examples of the dataset, counted from 0",
        ),
        (
            &[("key", texts(&["a", "z"])), ("loss", floats(&two))],
            "example-unknown: `key` of row 1 is `z`, which is the key of no example of the dataset",
        ),
        (
            &[("loss", floats(&two))],
            "column-missing: nothing says which examples the rows are",
        ),
        (
            &[index(), ("key", texts(&["a", "b"])), ("loss", floats(&two))],
            "column-unknown: the rows are named twice, by `index`, `key` or `first`",
        ),
        (
            &[index(), ("los", floats(&two))],
            "column-unknown: `los` means nothing here",
        ),
        (
            &[index()],
            "column-missing: there is neither `logits` nor any quantity of a record",
        ),
        (
            &[index(), ("loss", floats(&[0.5]))],
            "column-wrong: `loss` has 1 rows, `index` has 2",
        ),
        (
            &[index(), ("predicted", integers(&[0, 2]))],
            "class-unknown: `predicted` of row 1 is 2, which is none of the model's 2 classes, counted from 0",
        ),
        (
            &[index(), ("best_other", integers(&[1, 1]))],
            "class-unknown: `best_other` of row 1 is the given label itself",
        ),
        (
            &[index(), logits(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
            "column-wrong: `logits` holds rows of 3 floating-point numbers; it must hold rows of 2 numbers",
        ),
        (
            &[index(), logits(&[0.25, 0.75, 0.5, 0.5])],
            "value-out-of-range: `logits` are probabilities: every row lies between 0 and 1 and sums to 1",
        ),
        (
            &[index(), logits(&[0.25, 0.75, 0.5, f32::INFINITY])],
            "value-not-finite: `logits` of row 1 hold inf, not a finite number",
        ),
        (
            &[
                index(),
                logits(&[1.0, 2.0, 3.0, 4.0]),
                ("label", integers(&[0, 0])),
            ],
            "label-mismatch: `label` of row 1 is another class than the dataset's label of that example",
        ),
    ];
    for (arrays, expected) in cases {
        assert_eq!(told(arrays), expected);
    }
}

#[test]
fn pickled_objects_are_never_read() {
    let arrays = [index(), ("loss", npy("|O", &[2], b"\x80\x04."))];
    let error = Format::Npz.read(&npz(&arrays)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`loss` holds pickled Python objects, which are never read"
    );
}

#[test]
fn probabilities_get_the_hint_that_they_look_like_logits() {
    let table = Format::Npz.read(&npz(&[index(), ("p_given", floats(&[-2.0, 0.5]))]));
    let hint = read(&table.unwrap()).unwrap_err().hint.unwrap();
    assert!(hint.starts_with("these look like logits"), "{hint}");
}

#[test]
fn the_first_row_may_be_named_instead_of_all() {
    let table = Format::Npz
        .read(&npz(&[("loss", floats(&[0.5, 0.5]))]))
        .unwrap();
    let of = |first| Rows::of(&table, Some(first), 4);
    assert_eq!(of(2), Ok(Rows::Indices(vec![2, 3])));
    assert!(of(3).unwrap_err().to_string().contains("beyond"));
    assert!(of(u64::MAX).is_err());
}

#[test]
fn classes_mean_nothing_where_the_dataset_has_no_labels() {
    let dataset = Dataset {
        labels: &[-1, -1],
        class_labels: &[],
    };
    let of = |arrays: &[(&str, Vec<u8>)]| {
        let table = Format::Npz.read(&npz(arrays)).unwrap();
        unearth_external::records(&table, &[0, 1], dataset).map_err(|error| error.to_string())
    };
    let refused = of(&[index(), ("predicted", integers(&[0, 1]))]).unwrap_err();
    assert_eq!(
        refused,
        "`predicted` means nothing here: the dataset has no labels"
    );
    assert!(of(&[index(), logits(&[1.0, 2.0, 3.0, 4.0])]).is_err());
    assert!(of(&[index(), ("loss", floats(&[0.5, 1.0]))]).is_ok());
}

#[test]
fn classes_are_those_of_the_model_by_its_own_order() {
    // The model's classes are the labels 2 (which no example has), 1 and 0.
    let dataset = Dataset {
        labels: &[0, 1],
        class_labels: &[2, 1, 0],
    };
    let arrays = [index(), logits(&[9.0, 1.0, 5.0, 0.0, 3.0, 2.0])];
    let table = Format::Npz.read(&npz(&arrays)).unwrap();
    let records = unearth_external::records(&table, &[0, 1], dataset).unwrap();
    assert_eq!(*records.values.predicted, [2, 1]);
    assert_eq!(*records.values.best_other, [2, 0]);
    assert_eq!(*records.values.margin, [-4.0, 1.0]);
}
