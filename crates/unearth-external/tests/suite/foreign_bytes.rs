//! No bytes whatever may make a parser panic, or take more memory than they are worth.

use crate::make::{arrow, f32s, integers, npy, npz, read, texts};
use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, StringArray, types::Float32Type};
use proptest::prelude::*;
use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};
use unearth_external::{Format, fuzz, maps};

static BATCHES: LazyLock<[(Format, Vec<u8>); 4]> = LazyLock::new(|| {
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let loss: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 0.25]));
    let logits = (0..2).map(|_| Some(vec![Some(1.0), Some(2.0)]));
    let logits: ArrayRef =
        Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(logits, 2));
    let gradients = npy("<f4", &[2, 1, 2], &f32s(&[1.0, 2.0, 3.0, 4.0]));
    [
        (
            Format::Arrow,
            arrow(&[vec![("key", keys), ("loss", loss), ("logits", logits)]]),
        ),
        (
            Format::Npz,
            npz(&[
                ("key", texts(&["a", "b"])),
                ("index", integers(&[0, 1])),
                ("gradients", gradients.clone()),
            ]),
        ),
        (Format::Npy, gradients),
        (
            Format::JsonLines,
            br#"{"guid": "a", "logits_epoch_0": [1.0, 2.0], "gold": 0}"#.to_vec(),
        ),
    ]
});

fn try_all(bytes: &[u8]) {
    for (format, _) in Format::ALL {
        if let Ok(table) = format.read(bytes) {
            let _ = read(&table);
            let _ = maps(&table, &vec![0; table.rows()], 1, 2);
        }
    }
}

proptest! {
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        try_all(&bytes);
    }

    #[test]
    fn mutated_batches(
        which in 0..4_usize,
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..8),
        cut: prop::sample::Index,
    ) {
        let (format, bytes) = &BATCHES[which];
        let mut bytes = bytes.clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
        if let Ok(table) = format.read(&bytes) {
            let _ = read(&table);
            let _ = maps(&table, &vec![0; table.rows()], 1, 2);
        }
    }

    #[test]
    fn random_lines(text in "(\\{|\\}|\"guid\"|\"gold\"|\"logits_epoch_1\"|[:,0-9\\[\\]\n ]){0,40}") {
        let _ = Format::JsonLines.read(text.as_bytes());
    }
}

#[test]
fn a_header_that_claims_terabytes_is_refused_before_they_are_allocated() {
    for shape in [&[1 << 40][..], &[1 << 20, 1 << 20], &[usize::MAX, 2]] {
        let error = Format::Npy.read(&npy("<f4", shape, &[0; 4])).unwrap_err();
        assert_eq!(error.code.as_str(), "batch-too-large");
    }
}

/// What fuzzing found worth keeping: `cargo xtask fuzz` goes on from it.
#[test]
fn kept_corpora_are_read_without_a_panic() {
    for (target, format) in [
        ("batch_arrow", Format::Arrow),
        ("batch_npz", Format::Npz),
        ("batch_npy", Format::Npy),
        ("batch_jsonl", Format::JsonLines),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/corpus")
            .join(target);
        let kept: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert!(!kept.is_empty(), "{target}");
        for file in kept {
            fuzz::batch(format, &fs::read(file.unwrap().path()).unwrap());
        }
    }
}
