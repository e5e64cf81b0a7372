//! Packs, written out and read again.

use crate::upload::{Upload, pack_bytes, pack_path};
use std::fs;
use tempfile::TempDir;
use unearth_dataset::{CopiedExample, Limits, PackOptions, write_npz};

fn example<'a>(index: usize, key: &'a str, label: &'a str) -> CopiedExample<'a> {
    CopiedExample {
        index,
        key,
        label,
        split: None,
    }
}

#[test]
fn a_copy_has_the_pixels_of_its_examples_under_new_labels() {
    let outcome = pack_bytes(&Upload::cats_and_dogs().zip());
    let pack = outcome.opened();
    let examples = [
        example(3, "dog/2.png", "Köter"),
        example(0, "cat/1.png", "dog"),
        example(1, "cat/2.png", "dog"),
    ];
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.npz");
    write_npz(&path, &pack, &examples).unwrap();

    let copied = pack_path(&path, &PackOptions::default(), &Limits::default());
    assert_eq!(copied.keys(), ["dog/2.png", "cat/1.png", "cat/2.png"]);
    assert_eq!(copied.packed().class_names, ["Köter", "dog"]);
    assert_eq!(copied.labels(), [0, 1, 1]);
    let (there, here) = (copied.opened(), pack);
    for (row, example) in examples.iter().enumerate() {
        assert_eq!(there.image(row), here.image(example.index));
    }

    let bytes = fs::read(&path).unwrap();
    write_npz(&path, &here, &examples).unwrap();
    assert!(fs::read(&path).unwrap() == bytes, "the bytes differ");
}

#[test]
fn a_copy_may_have_splits() {
    let outcome = pack_bytes(&Upload::cats_and_dogs().zip());
    let splits = ["train", "held_out", "train", "train"];
    let examples: Vec<CopiedExample<'_>> = outcome
        .packed()
        .examples
        .iter()
        .enumerate()
        .map(|(index, packed)| CopiedExample {
            split: Some(splits[index]),
            ..example(index, &packed.key, "5")
        })
        .collect();
    let examples = [&[example_of_another_class(&examples[0])], &examples[1..]].concat();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.npz");
    write_npz(&path, &outcome.opened(), &examples).unwrap();

    let copied = pack_path(&path, &PackOptions::default(), &Limits::default());
    let found: Vec<_> = copied
        .packed()
        .examples
        .iter()
        .map(|e| e.split.as_deref().unwrap())
        .collect();
    assert_eq!(found, splits);
    assert_eq!(copied.packed().class_names, ["5", "12"]);
}

fn example_of_another_class<'a>(example: &CopiedExample<'a>) -> CopiedExample<'a> {
    CopiedExample {
        label: "12",
        ..*example
    }
}
