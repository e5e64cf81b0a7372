//! Images and a CSV file.

use crate::upload::{Upload, grey_png, pack_bytes, skip, told};
use unearth_dataset::{Format, PackOptions, WarningCode};

fn images() -> Upload {
    Upload::default()
        .with("img/1.png", grey_png(4, 4, 1))
        .with("img/2.png", grey_png(4, 4, 2))
        .with("img/3.png", grey_png(4, 4, 3))
}

fn with_manifest(text: &str) -> Upload {
    images().with("labels.csv", text)
}

fn options(manifest: &str) -> PackOptions {
    PackOptions {
        manifest: Some(manifest.to_owned()),
        ..PackOptions::default()
    }
}

#[test]
fn rows_give_order_label_group_split_and_key() {
    let upload = with_manifest(
        "key,path,split,label,group,comment\r\n\
         c,./img/3.png,train,\"big, red\",Köln,x\r\n\
         a,img/1.png,testing,small,,y\r\n",
    );
    let outcome = upload.pack();
    let packed = outcome.packed();
    assert_eq!(packed.format, Format::Manifest);
    assert_eq!(outcome.keys(), ["c", "a"]);
    assert_eq!(packed.class_names, ["big, red", "small"]);
    let [first, second] = &packed.examples[..] else {
        panic!()
    };
    assert_eq!(
        (first.split.as_deref(), first.group.as_deref()),
        (Some("train"), Some("Köln"))
    );
    assert_eq!(
        (second.split.as_deref(), second.group.as_deref()),
        (Some("test"), None)
    );
    assert_eq!(outcome.opened().pixels()[..16], [3; 16]);
    let warnings: Vec<_> = packed
        .report
        .warnings
        .iter()
        .map(|w| (w.code, &w.detail[..]))
        .collect();
    assert_eq!(
        warnings[..2],
        [
            (
                WarningCode::UnknownColumns,
                "these columns of `labels.csv` were ignored: `comment`"
            ),
            (
                WarningCode::UnlistedImages,
                "1 images are not named in `labels.csv`, such as `img/2.png`"
            ),
        ]
    );
    let archived = pack_bytes(&upload.tar_gz());
    assert_eq!(archived.packed().content_hash, packed.content_hash);
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let outcome = with_manifest("\u{feff}path,label\nimg/1.png,a\nimg/2.png,b\n").pack();
    assert_eq!(outcome.keys(), ["img/1.png", "img/2.png"]);
}

#[test]
fn paths_are_relative_to_the_manifest_or_the_top() {
    let text = "path,label\n1.png,a\nimg/2.png,b\n";
    let upload = images().with("img/list.csv", text);
    let outcome = upload.pack_with(&options("img/list.csv"));
    assert_eq!(outcome.keys(), ["1.png", "img/2.png"]);
}

#[test]
fn missing_and_unknown_columns() {
    let missing = with_manifest("path,class\nimg/1.png,a\n");
    assert_eq!(
        told(&missing.refusal()),
        "missing-column: `labels.csv` has no column `label`; its columns are `path`, `class`"
    );
    let class = PackOptions {
        label_column: Some("class".to_owned()),
        ..PackOptions::default()
    };
    let renamed = with_manifest("path,class\nimg/1.png,a\nimg/2.png,b\n");
    assert_eq!(renamed.pack_with(&class).packed().facts.classes, 2);
    let unknown = with_manifest("path,label\nimg/1.png,a\n").pack_with(&class);
    assert_eq!(
        told(&unknown.refusal()),
        "missing-column: `labels.csv` has no column `class`; its columns are `path`, `label`"
    );
    // Without class directories the only table must be the manifest.
    let flat = Upload::default()
        .with("1.png", grey_png(4, 4, 1))
        .with("table.csv", "file,y\n1.png,a\n");
    assert_eq!(
        told(&flat.refusal()),
        "missing-column: `table.csv` has no column `path`; its columns are `file`, `y`"
    );
    let twice = with_manifest("path,label,label\nimg/1.png,a,b\n");
    assert_eq!(
        told(&twice.refusal()),
        "invalid-manifest: row 1 of `labels.csv` names the column `label` twice"
    );
}

#[test]
fn the_manifest_must_be_there_and_be_the_only_one() {
    let missing = images().pack_with(&options("nope.csv"));
    assert_eq!(
        told(&missing.refusal()),
        "manifest-not-found: the upload holds no file `nope.csv` to read as the manifest"
    );
    let text = "path,label\nimg/1.png,a\nimg/2.png,b\n";
    let two = with_manifest(text).with("other.csv", text);
    assert_eq!(
        told(&two.refusal()),
        "ambiguous-manifest: `labels.csv`, `other.csv` could each be the manifest"
    );
    assert_eq!(
        two.pack_with(&options("other.csv")).packed().facts.examples,
        2
    );
}

#[test]
fn malformed_rows_are_named() {
    let short = with_manifest("path,label\nimg/1.png,a\nimg/2.png\n");
    assert_eq!(
        told(&short.refusal()),
        "invalid-manifest: row 3 of `labels.csv` has 1 cells where the header has 2"
    );
    let latin1 = images().with(
        "labels.csv",
        b"path,label\nimg/1.png,a\nimg/2.png,M\xfcnchen\n".as_slice(),
    );
    assert_eq!(
        told(&latin1.refusal()),
        "invalid-manifest: row 3 of `labels.csv` is not valid UTF-8"
    );
}

#[test]
fn nul_characters_are_named() {
    for (text, said) in [
        (
            "path,la\0bel\nimg/1.png,a\n",
            "row 1 of `labels.csv` names a column with a NUL character",
        ),
        (
            "path,label\nimg/1.png,a\nimg/2.png,b\0\n",
            "row 3 of `labels.csv` holds a NUL character in the column `label`",
        ),
        (
            "path,label\nimg\0/1.png,a\n",
            "row 2 of `labels.csv` holds a NUL character in the column `path`",
        ),
        (
            "path,label, group ,split,key\nimg/1.png,a,\0,train,x\n",
            "row 2 of `labels.csv` holds a NUL character in the column `group`",
        ),
        (
            "path,label,group,split,key\nimg/1.png,a,,tr\0ain,x\n",
            "row 2 of `labels.csv` holds a NUL character in the column `split`",
        ),
        (
            "path,label,group,split,key\nimg/1.png,a,,train,x\0\n",
            "row 2 of `labels.csv` holds a NUL character in the column `key`",
        ),
    ] {
        let upload = images().with("labels.csv", text);
        let refused = upload.pack_with(&options("labels.csv")).refusal();
        assert_eq!(told(&refused), format!("invalid-manifest: {said}"));
    }
    // Cells that nobody reads may hold anything.
    let ignored = with_manifest("path,label,note\nimg/1.png,a,\0\nimg/2.png,b,\n").pack();
    assert_eq!(ignored.packed().facts.examples, 2);
}

#[test]
fn rows_that_cannot_be_used_are_bad_examples() {
    let upload = with_manifest(
        "path,label,split\n\
         img/1.png,a,train\n\
         img/9.png,b,train\n\
         ../../etc/passwd,b,train\n\
         img/2.png,,train\n\
         img/2.png,b,\n\
         ,b,train\n\
         labels.csv,b,train\n\
         img/3.png,b,test\n",
    );
    let error = upload.refusal();
    let listed: Vec<String> = error
        .bad_examples()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        listed,
        [
            "row 3 (`img/9.png`): is not in the upload",
            "row 4 (`../../etc/passwd`): is not in the upload",
            "row 5 (`img/2.png`): has no label",
            "row 6 (`img/2.png`): has no split, though there is a column for it",
            "row 7 (``): has no path",
            "row 8 (`labels.csv`): is not a PNG, JPEG or WebP image",
        ]
    );
    assert_eq!(upload.pack_with(&skip()).keys(), ["img/1.png", "img/3.png"]);
}

#[test]
fn keys_are_unique() {
    let same_path = with_manifest("path,label\nimg/1.png,a\nimg/2.png,b\nimg/1.png,b\n");
    assert_eq!(
        told(&same_path.refusal()),
        "duplicate-key: the key `img/1.png` is given to two examples: row 2 and row 4"
    );
    // One file under two keys is a duplicate, found like any other.
    let same_file = with_manifest("path,label,key\nimg/1.png,a,x\nimg/1.png,b,y\n").pack();
    assert_eq!(same_file.packed().report.duplicates.contradictory, 2);
}

#[test]
fn a_manifest_without_rows() {
    assert_eq!(
        told(&with_manifest("path,label\n").refusal()),
        "no-images: no labelled images were found: the manifest `labels.csv` has no rows"
    );
}
