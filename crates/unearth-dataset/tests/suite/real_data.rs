//! Fashion-MNIST and a part of CIFAR-10, where they are.

use crate::upload::pack_path;
use std::{env, path::PathBuf};
use unearth_dataset::{Limits, PackOptions};

/// The file or folder `name` of the test data, or a loud word and nothing.
fn test_data(name: &str) -> Option<PathBuf> {
    let root = env::var_os("UNEARTH_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: {} is not there; set UNEARTH_TEST_DATA",
        path.display()
    );
    None
}

#[test]
fn fashion_mnist() {
    let Some(path) = test_data("fashion-mnist") else {
        return;
    };
    let outcome = pack_path(&path, &PackOptions::default(), &Limits::default());
    let packed = outcome.packed();
    let facts = &packed.facts;
    assert_eq!(
        (facts.examples, facts.classes, facts.channels),
        (70_000, 10, 1)
    );
    assert_eq!((facts.height, facts.width), (28, 28));
    let splits: Vec<_> = facts
        .splits
        .iter()
        .map(|s| (&s.name[..], s.examples))
        .collect();
    assert_eq!(splits, [("train", 60_000), ("test", 10_000)]);
    // The first labels of both files: ankle boot, T-shirt, T-shirt, dress; ankle boot, pullover.
    assert_eq!(outcome.labels()[..4], [9, 0, 0, 3]);
    assert_eq!(outcome.labels()[60_000..60_002], [9, 2]);
    assert_eq!(packed.examples[60_000].key, "test/0");
    let pack = outcome.opened();
    assert_eq!(pack.labels(), outcome.labels());
    for class in 0..10 {
        let count = pack.labels()[..60_000]
            .iter()
            .filter(|label| **label == class)
            .count();
        assert_eq!(count, 6_000);
    }
    // Mean pixel of the training images, as published: 72.94.
    let train = &pack.pixels()[..60_000 * 784];
    let mean = train.iter().map(|pixel| u64::from(*pixel)).sum::<u64>() as f64 / train.len() as f64;
    assert!((mean - 72.94).abs() < 0.01, "{mean}");
}

#[test]
fn cifar10_batch() {
    let Some(path) = test_data("cifar10_batch1.npz") else {
        return;
    };
    let outcome = pack_path(&path, &PackOptions::default(), &Limits::default());
    let facts = &outcome.packed().facts;
    assert_eq!(
        (facts.examples, facts.classes, facts.channels),
        (10_000, 10, 3)
    );
    assert_eq!((facts.height, facts.width), (32, 32));
    // The first labels of data_batch_1: frog, truck, truck, deer, automobile.
    assert_eq!(outcome.labels()[..5], [6, 9, 9, 4, 1]);
    // Its first pixel.
    assert_eq!(outcome.opened().image(0).unwrap()[..3], [59, 62, 63]);
}
