//! Gradient maps.

use crate::make::{f32s, integers, npy, npz};
use unearth_external::{Format, MapBatch, Rows, Table, maps};
use unearth_signals::maps::decode;

fn table(rows: usize, values: &[f32]) -> Table {
    let gradients = npy("<f4", &[rows, 1, 2], &f32s(values));
    let index: Vec<i64> = (0..rows as i64).rev().collect();
    let bytes = npz(&[("index", integers(&index)), ("gradients", gradients)]);
    Format::Npz.read(&bytes).unwrap()
}

#[test]
fn maps_are_kept_by_ascending_index() {
    let table = table(2, &[1.0, -2.0, 0.5, 0.25]);
    let Rows::Indices(indices) = Rows::of(&table, None, 2).unwrap() else {
        panic!("they are indices")
    };
    let batch = maps(&table, &indices, 1, 2).unwrap();
    assert_eq!(batch.indices, [0, 1]);
    let decoded = |batch: &MapBatch, at: usize| {
        let mut map = [0.0; 2];
        decode(batch.scales[at], &batch.maps[at * 4..at * 4 + 4], &mut map);
        map.map(f32::to_bits)
    };
    assert_eq!(decoded(&batch, 0), [0.5f32, 0.25].map(f32::to_bits));
    assert_eq!(decoded(&batch, 1), [1.0f32, -2.0].map(f32::to_bits));
}

#[test]
fn a_lone_array_holds_the_gradients() {
    let bytes = npy("<f2", &[1, 1, 2], &[0x00, 0x3c, 0x00, 0xbc]);
    let table = Format::Npy.read(&bytes).unwrap();
    assert!(maps(&table, &[0], 1, 2).is_ok());
}

#[test]
fn another_size_and_values_that_are_no_numbers_are_named() {
    let told = |table: &Table, width| maps(table, &[1, 0], 1, width).unwrap_err().to_string();
    assert_eq!(
        told(&table(2, &[0.0; 4]), 3),
        "`gradients` holds rows of 1×2 floating-point numbers; it must hold rows of 1×3 numbers"
    );
    assert_eq!(
        told(&table(2, &[0.0, 1.0, 2.0, f32::NAN]), 2),
        "`gradients` of row 1 hold NaN at pixel 1"
    );
}
