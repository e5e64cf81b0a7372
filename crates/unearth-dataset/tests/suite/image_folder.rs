//! A directory per class.

use crate::upload::{Upload, grey_png, skip, told};
use unearth_dataset::{BadExample, Format, WarningCode};

fn png(value: u8) -> Vec<u8> {
    grey_png(4, 4, value)
}

#[test]
fn splits_come_in_order_and_classes_below_them() {
    let outcome = Upload::default()
        .with("data/Testing/b/1.png", png(1))
        .with("data/valid/a/1.png", png(2))
        .with("data/train/b/x/2.png", png(3))
        .with("data/train/a/1.png", png(4))
        .pack();
    let packed = outcome.packed();
    assert_eq!(packed.format, Format::ImageFolder);
    assert_eq!(
        outcome.keys(),
        [
            "train/a/1.png",
            "train/b/x/2.png",
            "valid/a/1.png",
            "Testing/b/1.png"
        ]
    );
    assert_eq!(outcome.labels(), [0, 1, 0, 1]);
    let splits: Vec<_> = packed
        .facts
        .splits
        .iter()
        .map(|s| (&s.name[..], s.examples, s.classes))
        .collect();
    assert_eq!(
        splits,
        [
            ("train", 2, Some(2)),
            ("val", 1, Some(1)),
            ("test", 1, Some(1))
        ]
    );
    assert_eq!(packed.examples[3].split.as_deref(), Some("test"));
    let missing: Vec<&str> = packed
        .report
        .warnings
        .iter()
        .filter(|warning| warning.code == WarningCode::ClassMissingFromSplit)
        .map(|warning| &warning.detail[..])
        .collect();
    assert_eq!(
        missing,
        [
            "these classes have no example in the split `val`: `b`",
            "these classes have no example in the split `test`: `a`"
        ]
    );
}

#[test]
fn one_split_alone_is_a_split() {
    let outcome = Upload::default()
        .with("train/a/1.png", png(1))
        .with("train/b/1.png", png(2))
        .pack();
    assert_eq!(outcome.packed().facts.splits[0].name, "train");
    assert_eq!(outcome.packed().class_names, ["a", "b"]);
}

#[test]
fn a_class_named_like_a_split_is_warned_of() {
    let outcome = Upload::default()
        .with("train/1.png", png(1))
        .with("plane/1.png", png(2))
        .pack();
    assert_eq!(outcome.packed().class_names, ["plane", "train"]);
    assert_eq!(
        outcome.packed().report.warnings[0].detail,
        "the directory `train` was read as a class, because not all directories beside it are \
         named like splits"
    );
}

#[test]
fn numeric_classes_are_in_order_of_value() {
    let mut upload = Upload::default();
    for class in ["10", "9", "1", "-1"] {
        upload = upload.with(&format!("{class}/1.png"), png(1));
    }
    assert_eq!(upload.pack().packed().class_names, ["-1", "1", "9", "10"]);
    let mixed = upload.with("x/1.png", png(1));
    assert_eq!(
        mixed.pack().packed().class_names,
        ["-1", "1", "10", "9", "x"]
    );
}

#[test]
fn images_are_found_by_content_and_the_rest_is_ignored() {
    let outcome = Upload::cats_and_dogs()
        .with("cat/noextension", png(5))
        .with("cat/notes.txt", "not an image")
        .with("labels.json", "{}")
        .pack();
    assert_eq!(outcome.packed().facts.examples, 5);
}

#[test]
fn no_images() {
    let error = Upload::default().with("a/notes.txt", "x").refusal();
    assert_eq!(
        told(&error),
        "no-images: no labelled images were found: the upload holds 1 other files, such as \
         `a/notes.txt`"
    );
    let error = Upload::default()
        .with("1.png", png(1))
        .with("2.png", png(2))
        .refusal();
    assert_eq!(
        told(&error),
        "no-images: no labelled images were found: none of the 2 images lies in a class \
         directory, and there is no CSV manifest"
    );
}

#[test]
fn one_class_only() {
    let error = Upload::default()
        .with("wrap/cat/1.png", png(1))
        .with("wrap/cat/2.png", png(2))
        .refusal();
    assert_eq!(
        told(&error),
        "single-class: all 2 examples have the label `cat`; training needs two classes"
    );
    // Skipping may leave one class.
    let outcome = Upload::default()
        .with("cat/1.png", png(1))
        .with("dog/1.png", &png(2)[..40])
        .pack_with(&skip());
    assert_eq!(outcome.refusal().code(), "single-class");
}

#[test]
fn bad_images_are_listed_or_skipped() {
    let mut upload = Upload::cats_and_dogs()
        .with("stray.png", png(7))
        .with("cat/anim.gif", "GIF89a")
        .with("cat/empty.png", "")
        .with("cat/text.png", "this is text");
    let cut = crate::upload::noisy(image::ImageFormat::Png);
    for index in 0..30 {
        upload = upload.with(&format!("dog/cut{index:02}.png"), &cut[..cut.len() / 2]);
    }
    let error = upload.refusal();
    assert_eq!(
        told(&error),
        "bad-examples: 34 examples cannot be used; the first is `cat/anim.gif`: is not a PNG, \
         JPEG or WebP image; convert it"
    );
    assert_eq!(error.bad_examples().len(), 20);
    let bad = |name: &str, reason: &str| BadExample {
        name: name.to_owned(),
        row: None,
        reason: reason.to_owned(),
    };
    let first = &error.bad_examples()[1..4];
    assert_eq!(
        first,
        [
            bad("cat/empty.png", "is empty"),
            bad("cat/text.png", "is not a PNG, JPEG or WebP image"),
            bad("dog/cut00.png", "is truncated"),
        ]
    );

    let outcome = upload.pack_with(&skip());
    let packed = outcome.packed();
    assert_eq!(packed.facts.examples, 4);
    assert_eq!(packed.report.skipped.len(), 34);
    assert_eq!(
        packed.report.skipped[33],
        bad("stray.png", "lies in no class directory")
    );
    // Room was left for 34 examples; the pack is valid all the same.
    assert_eq!(outcome.opened().labels(), outcome.labels());
    assert_eq!(outcome.opened().channels(), 3);
}

#[test]
fn duplicates_and_contradictions_are_found() {
    let outcome = Upload::cats_and_dogs()
        .with("cat/again.png", png(10))
        .with(
            "dog/sameas_cat.webp",
            crate::upload::encode(
                image::GrayImage::from_pixel(4, 4, image::Luma([20])),
                image::ImageFormat::WebP,
            ),
        )
        .pack();
    let duplicates = &outcome.packed().report.duplicates;
    let groups: Vec<_> = duplicates
        .groups
        .iter()
        .map(|g| (&g.indices[..], g.labels_differ))
        .collect();
    // 0 cat/1.png, 1 cat/2.png, 2 cat/again.png, 3 dog/1.png, 4 dog/2.png, 5 dog/sameas_cat.webp
    assert_eq!(groups, [(&[0, 2][..], false), (&[1, 5][..], true)]);
    assert_eq!((duplicates.repeated, duplicates.contradictory), (2, 2));
}

#[test]
fn a_class_of_one_is_a_warning() {
    let outcome = Upload::cats_and_dogs().with("cow/1.png", png(9)).pack();
    let warnings = &outcome.packed().report.warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].code, WarningCode::ClassOfOne);
    assert!(warnings[0].detail.ends_with(": `cow`"));
}

#[test]
fn formats_side_by_side_are_refused() {
    let error = Upload::cats_and_dogs().with("data.npz", "x").refusal();
    assert_eq!(
        told(&error),
        "mixed-formats: the upload holds both `data.npz` and `cat/1.png`"
    );
}
