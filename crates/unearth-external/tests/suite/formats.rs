//! The same rows in every format are the same records.

use crate::make::{LABELS, arrow, f32s, integers, npy, npz, read, texts};
use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Int32Array, Int64Array, ListArray, StringArray,
    types::Float32Type,
};
use std::sync::Arc;
use unearth_audit::Quantity;
use unearth_external::{Code, Format};

const LOGITS: [[f32; 2]; 4] = [[2.0, -1.0], [0.5, 0.25], [-3.0, 1.0], [0.0, 4.0]];

fn logits(rows: &[usize]) -> Vec<f32> {
    rows.iter().flat_map(|&row| LOGITS[row]).collect()
}

#[test]
fn logits_are_the_same_records_in_every_format_and_row_order() {
    let rows = [2, 0, 3, 1];
    let keys = ["c", "a", "d", "b"];
    let as_npz = npz(&[
        ("key", texts(&keys)),
        ("logits", npy("<f4", &[4, 2], &f32s(&logits(&rows)))),
    ]);
    let part = |rows: &[usize]| -> Vec<(&str, ArrayRef)> {
        let lists = rows.iter().map(|&row| Some(LOGITS[row].map(Some).to_vec()));
        let lists = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(lists, 2);
        let indices: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
        vec![
            ("index", Arc::new(Int32Array::from(indices))),
            ("logits", Arc::new(lists)),
        ]
    };
    let as_arrow = arrow(&[part(&rows[..3]), part(&rows[3..])]);
    let as_lines = rows.iter().zip(keys).map(|(&row, key)| {
        let [a, b] = LOGITS[row];
        let gold = LABELS[row];
        format!(r#"{{"guid": "{key}", "logits_epoch_3": [{a}, {b}], "gold": {gold}, "x": [1]}}"#)
    });
    let as_lines = as_lines.collect::<Vec<_>>().join("\n");

    let of = |format: Format, bytes: &[u8]| read(&format.read(bytes).unwrap()).unwrap();
    let records = of(Format::Npz, &as_npz);
    assert_eq!(records.indices, [0, 1, 2, 3]);
    assert_eq!(records.quantities, Quantity::ALL);
    assert_eq!(*records.values.margin, [3.0, -0.25, -4.0, 4.0]);
    assert_eq!(*records.values.predicted, [0, 0, 1, 1]);
    assert_eq!(*records.values.best_other, [1, 0, 1, 0]);
    assert_eq!(of(Format::Arrow, &as_arrow), records);
    assert_eq!(of(Format::JsonLines, as_lines.as_bytes()), records);
}

#[test]
fn numeric_guids_and_lists_of_arrow_are_read() {
    let line = br#"{"guid": 17, "logits_epoch_0": [1, 2.5e0], "gold": 1}"#;
    let table = Format::JsonLines.read(line).unwrap();
    let rows = unearth_external::Rows::of(&table, None, 1).unwrap();
    assert_eq!(rows, unearth_external::Rows::Keys(vec!["17".into()]));

    let lists = LOGITS.map(|row| Some(row.map(Some).to_vec()));
    let lists = ListArray::from_iter_primitive::<Float32Type, _, _>(lists);
    let index: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 2, 3]));
    let bytes = arrow(&[vec![("index", index), ("logits", Arc::new(lists))]]);
    assert!(read(&Format::Arrow.read(&bytes).unwrap()).is_ok());
}

#[test]
fn keys_of_arrow_are_text_and_nulls_are_named() {
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["b", "a"]));
    let loss: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.5), None]));
    let bytes = arrow(&[vec![("key", keys), ("loss", loss)]]);
    let error = Format::Arrow.read(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "`loss` of row 1 is null");
}

#[test]
fn a_stream_that_was_cut_off_is_refused_wherever_it_was() {
    let part = |index: i32| -> Vec<(&str, ArrayRef)> {
        vec![
            ("index", Arc::new(Int32Array::from(vec![index]))),
            ("loss", Arc::new(Float32Array::from(vec![0.5]))),
        ]
    };
    let whole = arrow(&[part(0), part(1)]);
    assert_eq!(Format::Arrow.read(&whole).unwrap().rows(), 2);
    for length in 0..whole.len() {
        let refused = Format::Arrow.read(&whole[..length]).unwrap_err();
        assert_eq!(refused.code, Code::Unreadable, "{length}: {refused}");
    }
    let loss = npz(&[
        ("index", integers(&[0])),
        ("loss", crate::make::floats(&[0.5])),
    ]);
    for length in 0..loss.len() {
        let refused = Format::Npz.read(&loss[..length]).unwrap_err();
        assert_eq!(refused.code, Code::Unreadable, "{length}: {refused}");
    }
}
