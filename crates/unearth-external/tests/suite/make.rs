//! Making batches.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use std::io::{Cursor, Write as _};
use unearth_external::{BatchError, Format, RecordBatch as Records, Rows, Table};
use zip::{ZipWriter, write::SimpleFileOptions};

/// One array, its header as `NumPy` writes it.
pub(crate) fn npy(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(|axis| format!("{axis},")).collect();
    let header = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}\n",
        axes.join(" ")
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

pub(crate) fn f32s(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

pub(crate) fn i64s(values: &[i64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// An array of one value a row.
pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    npy("<f4", &[values.len()], &f32s(values))
}

/// An array of one whole number a row.
pub(crate) fn integers(values: &[i64]) -> Vec<u8> {
    npy("<i8", &[values.len()], &i64s(values))
}

/// An array of one text a row.
pub(crate) fn texts(values: &[&str]) -> Vec<u8> {
    let width = values
        .iter()
        .map(|text| text.chars().count())
        .max()
        .unwrap();
    let data: Vec<u8> = values
        .iter()
        .flat_map(|text| {
            let points = text.chars().map(u32::from).chain(std::iter::repeat(0));
            points
                .take(width)
                .flat_map(u32::to_le_bytes)
                .collect::<Vec<_>>()
        })
        .collect();
    npy(&format!("<U{width}"), &[values.len()], &data)
}

pub(crate) fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        let name = format!("{name}.npy");
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A stream of batches of equal columns.
pub(crate) fn arrow(batches: &[Vec<(&str, ArrayRef)>]) -> Vec<u8> {
    let batches: Vec<RecordBatch> = batches
        .iter()
        .map(|columns| RecordBatch::try_from_iter(columns.clone()).unwrap())
        .collect();
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    for batch in &batches {
        writer.write(batch).unwrap();
    }
    writer.into_inner().unwrap()
}

pub(crate) const LABELS: [i32; 4] = [0, 1, 0, 1];

/// The records of a table over a dataset of four examples of two classes, whose keys are `a` to `d`.
pub(crate) fn read(table: &Table) -> Result<Records, BatchError> {
    let indices = match Rows::of(table, None, LABELS.len())? {
        Rows::Indices(indices) => indices,
        Rows::Keys(keys) => {
            let index = |(row, key): (usize, &String)| {
                ["a", "b", "c", "d"]
                    .iter()
                    .position(|known| known == key)
                    .map(|index| index as u32)
                    .ok_or_else(|| Rows::unknown_key(key, row))
            };
            keys.iter()
                .enumerate()
                .map(index)
                .collect::<Result<_, _>>()?
        }
    };
    let labels: Vec<i32> = indices
        .iter()
        .map(|&index| LABELS[index as usize])
        .collect();
    let dataset = unearth_external::Dataset {
        labels: &labels,
        class_labels: &[0, 1],
    };
    unearth_external::records(table, &indices, dataset)
}

/// What is told of a bad npz of records: code, words and hint.
pub(crate) fn told(arrays: &[(&str, Vec<u8>)]) -> String {
    let read = Format::Npz
        .read(&npz(arrays))
        .and_then(|table| read(&table));
    let error = read.unwrap_err();
    format!("{}: {error}", error.code.as_str())
}
