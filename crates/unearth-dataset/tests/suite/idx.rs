//! IDX pairs.

use crate::upload::{Upload, gzip, pack_bytes, pack_bytes_within, told};
use unearth_dataset::{Format, Limits};

fn images(count: u32, height: u32, width: u32) -> Vec<u8> {
    let header = [0x0803, count, height, width]
        .map(u32::to_be_bytes)
        .concat();
    let pixels = (0..count * height * width).map(|i| i as u8);
    header.into_iter().chain(pixels).collect()
}

fn labels(labels: &[u8]) -> Vec<u8> {
    let header = [0x0801, labels.len() as u32].map(u32::to_be_bytes).concat();
    [&header, labels].concat()
}

fn mnist() -> Upload {
    Upload::default()
        .with("raw/train-images-idx3-ubyte", images(3, 2, 4))
        .with("raw/train-labels-idx1-ubyte", labels(&[7, 0, 10]))
        .with("raw/t10k-images-idx3-ubyte.gz", gzip(&images(2, 2, 4)))
        .with("raw/t10k-labels-idx1-ubyte.gz", gzip(&labels(&[0, 7])))
}

fn refusal_of(file: &str, bytes: Vec<u8>) -> String {
    told(&mnist().with(file, bytes).refusal())
}

#[test]
fn pairs_are_splits_in_order() {
    let outcome = mnist().pack();
    let packed = outcome.packed();
    assert_eq!(packed.format, Format::Idx);
    assert_eq!(
        outcome.keys(),
        ["train/0", "train/1", "train/2", "test/0", "test/1"]
    );
    assert_eq!(packed.class_names, ["0", "7", "10"]);
    assert_eq!(outcome.labels(), [1, 0, 2, 0, 1]);
    assert!(packed.originals.is_none());
    assert_eq!(
        (
            packed.facts.height,
            packed.facts.width,
            packed.facts.channels
        ),
        (2, 4, 1)
    );
    let expected: Vec<u8> = (0..24).chain(0..16).collect();
    assert_eq!(outcome.opened().pixels(), expected);
    // Equal pixels under equal and under different labels.
    let groups = &packed.report.duplicates.groups;
    let groups: Vec<_> = groups
        .iter()
        .map(|g| (&g.indices[..], g.labels_differ))
        .collect();
    assert_eq!(groups, [(&[0, 3][..], true), (&[1, 4][..], true)]);

    let archived = pack_bytes(&mnist().zip());
    assert_eq!(archived.packed().content_hash, packed.content_hash);
    let archived = pack_bytes(&mnist().tar_gz());
    assert_eq!(archived.packed().content_hash, packed.content_hash);
}

#[test]
fn a_pair_alone_needs_no_split() {
    let outcome = Upload::default()
        .with("digits.images.idx3-ubyte", images(2, 3, 3))
        .with("digits.labels.idx1-ubyte.gz", gzip(&labels(&[1, 2])))
        .pack();
    assert_eq!(outcome.keys(), ["0", "1"]);
    assert!(outcome.packed().facts.splits.is_empty());
}

#[test]
fn an_uncompressed_file_goes_before_its_compressed_form() {
    let outcome = mnist()
        .with("raw/train-images-idx3-ubyte.gz", "an old, broken download")
        .pack();
    assert_eq!(outcome.packed().facts.examples, 5);
}

#[test]
fn wrong_magic() {
    assert_eq!(
        refusal_of("raw/train-images-idx3-ubyte", labels(&[1, 2, 3])),
        "invalid-idx: `raw/train-images-idx3-ubyte` has the magic number 0x00000801 instead of \
         0x00000803"
    );
    assert_eq!(
        refusal_of("raw/t10k-labels-idx1-ubyte.gz", gzip(&images(2, 2, 4))),
        "invalid-idx: `raw/t10k-labels-idx1-ubyte.gz` has the magic number 0x00000803 instead of \
         0x00000801"
    );
}

#[test]
fn counts_that_differ() {
    assert_eq!(
        refusal_of("raw/train-labels-idx1-ubyte", labels(&[1, 2])),
        "invalid-idx: `raw/train-labels-idx1-ubyte` holds 2 labels, but \
         `raw/train-images-idx3-ubyte` holds 3 images"
    );
    let mut long = images(3, 2, 4);
    long.push(0);
    assert_eq!(
        refusal_of("raw/train-images-idx3-ubyte", long),
        "invalid-idx: `raw/train-images-idx3-ubyte` is longer than its header says"
    );
    let mut short = images(3, 2, 4);
    short.truncate(16 + 2 * 8 + 3);
    assert_eq!(
        refusal_of("raw/train-images-idx3-ubyte", short),
        "invalid-idx: `raw/train-images-idx3-ubyte` ends after 2 of 3 images"
    );
    let mut short = labels(&[1, 2, 3]);
    short.pop();
    assert_eq!(
        refusal_of("raw/train-labels-idx1-ubyte", short),
        "invalid-idx: `raw/train-labels-idx1-ubyte` ends after 2 of 3 labels"
    );
    assert_eq!(
        refusal_of("raw/train-labels-idx1-ubyte", vec![0, 0, 8]),
        "invalid-idx: `raw/train-labels-idx1-ubyte` ends inside its header"
    );
}

#[test]
fn sizes_that_differ_or_vanish() {
    assert_eq!(
        refusal_of("raw/t10k-images-idx3-ubyte.gz", gzip(&images(2, 4, 4))),
        "invalid-idx: `raw/t10k-images-idx3-ubyte.gz` has images of 4×4 pixels where the other \
         pair has 4×2"
    );
    assert_eq!(
        refusal_of("raw/train-images-idx3-ubyte", images(3, 0, 4)),
        "invalid-idx: `raw/train-images-idx3-ubyte` has images of 4×0 pixels"
    );
}

#[test]
fn a_truncated_gzip_is_an_upload_cut_off() {
    let whole = gzip(&images(2, 2, 4));
    assert_eq!(
        refusal_of(
            "raw/t10k-images-idx3-ubyte.gz",
            whole[..whole.len() - 9].to_owned()
        ),
        "upload-cut-off: `raw/t10k-images-idx3-ubyte.gz` ends too early: the upload was cut off"
    );
}

#[test]
fn files_without_partner() {
    let mut upload = mnist();
    upload.0.remove("raw/train-labels-idx1-ubyte");
    assert_eq!(
        told(&upload.refusal()),
        "idx-pairing: `raw/train-images-idx3-ubyte` has no partner with its labels \
         (`…-labels-idx1-ubyte`)"
    );
    let upload = mnist()
        .with("other/train-images-idx3-ubyte", images(1, 2, 4))
        .with("other/train-labels-idx1-ubyte", labels(&[1]));
    assert_eq!(upload.refusal().code(), "idx-pairing");
}

#[test]
fn sizes_are_checked_before_anything_is_allocated() {
    let limits = Limits {
        examples: 1000,
        ..Limits::default()
    };
    let huge = [0x0803, u32::MAX, 28, 28].map(u32::to_be_bytes).concat();
    let upload = mnist().with("raw/train-images-idx3-ubyte", huge);
    assert_eq!(
        told(&pack_bytes_within(&upload.zip(), &limits).refusal()),
        "limit-exceeded: the number of examples exceeds the limit `examples` of 1000"
    );
    let huge = [0x0803, 3, u32::MAX, u32::MAX]
        .map(u32::to_be_bytes)
        .concat();
    let upload = mnist().with("raw/train-images-idx3-ubyte", huge);
    assert_eq!(upload.refusal().code(), "limit-exceeded");
}
