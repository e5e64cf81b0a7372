//! CSV tables: examples without images.

use crate::upload::{pack_bytes, pack_path, skip, told};
use std::fs;
use tempfile::TempDir;
use unearth_audit::Modality;
use unearth_dataset::{Format, Limits, WarningCode};

#[test]
fn rows_give_key_label_group_split_and_text() {
    let outcome = pack_bytes(
        "\u{feff}key,text,label,split,group,note\r\n\
         b,\"Grüße, \"\"du\"\"\r\n zwei\",pos,train,de,x\r\n\
         a, مرحبا ,neg,testing,,y\r\n"
            .as_bytes(),
    );
    let packed = outcome.packed();
    assert_eq!(packed.format, Format::Table);
    assert_eq!(outcome.keys(), ["b", "a"]);
    assert_eq!(packed.class_names, ["neg", "pos"]);
    assert_eq!(outcome.labels(), [1, 0]);
    let facts = &packed.facts;
    assert_eq!(facts.modality, Modality::Text);
    assert_eq!(
        (facts.height, facts.width, facts.channels, facts.classes),
        (0, 0, 0, 2)
    );
    let [first, second] = &packed.examples[..] else {
        panic!()
    };
    assert_eq!(first.text.as_deref(), Some("Grüße, \"du\"\r\n zwei"));
    assert_eq!(first.group.as_deref(), Some("de"));
    assert_eq!(second.text.as_deref(), Some(" مرحبا "));
    assert_eq!(second.split.as_deref(), Some("test"));
    let warning = &packed.report.warnings[0];
    assert_eq!(warning.code, WarningCode::UnknownColumns);
    assert_eq!(
        warning.detail,
        "these columns of the table were ignored: `note`"
    );
    assert!(packed.report.duplicates.groups.is_empty());
    let pack = outcome.opened();
    assert_eq!(pack.labels(), [1, 0]);
    assert!(pack.pixels().is_empty());
}

#[test]
fn keys_alone_are_a_dataset_without_labels() {
    let outcome = pack_bytes(b"key\nb\na\nc\n");
    let packed = outcome.packed();
    assert_eq!(packed.facts.modality, Modality::Key);
    assert_eq!(packed.facts.classes, 0);
    assert!(packed.class_names.is_empty());
    assert_eq!(outcome.labels(), [-1, -1, -1]);
    assert_eq!(outcome.opened().labels(), [-1, -1, -1]);
}

#[test]
fn one_class_is_enough_for_what_was_trained_elsewhere() {
    let outcome = pack_bytes(b"key,label\na,only\nb,only\n");
    assert_eq!(outcome.packed().class_names, ["only"]);
}

#[test]
fn the_content_hash_depends_on_text_key_and_label() {
    let hash = |table: &str| pack_bytes(table.as_bytes()).packed().content_hash.clone();
    let table = hash("key,label,text\na,x,one\nb,y,two\n");
    assert_eq!(hash("text,key,label\none,a,x\ntwo,b,y\n"), table);
    assert_ne!(hash("key,label,text\na,x,one\nb,y,other\n"), table);
    assert_ne!(hash("key,label,text\na,y,one\nb,x,two\n"), table);
    assert_ne!(hash("key,label\na,x\nb,y\n"), table);
}

#[test]
fn each_problem_names_its_row() {
    let refused = |table: &str| told(&pack_bytes(table.as_bytes()).refusal());
    assert_eq!(
        refused("key,label\na,x\n,y\n"),
        "bad-examples: 1 example cannot be used; the first is row 3 (``): has no key"
    );
    assert_eq!(
        refused("key,label\na,x\nb,\n"),
        "bad-examples: 1 example cannot be used; the first is row 3 (`b`): has no label, though there is a column for it"
    );
    assert_eq!(
        refused("key,label\na,x\nb,y\na,y\n"),
        "duplicate-key: the key `a` is given to two examples: row 2 and row 4"
    );
    assert_eq!(
        refused("key,label\na,x,more\n"),
        "invalid-manifest: row 2 of `the table` has 3 cells where the header has 2"
    );
    assert_eq!(
        refused("key,text\na,x\0y\n"),
        "invalid-manifest: row 2 of `the table` holds a NUL character in the column `text`"
    );
    assert_eq!(
        refused("key,label,label\na,x,y\n"),
        "invalid-manifest: row 1 of `the table` names the column `label` twice"
    );
    assert_eq!(refused("key,label\n"), "no-rows: the table has no rows");
}

#[test]
fn bad_rows_can_be_left_out() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("upload");
    fs::write(&path, "key,label\na,x\nb,\nc,x\n").unwrap();
    let outcome = pack_path(&path, &skip(), &Limits::default());
    assert_eq!(outcome.keys(), ["a", "c"]);
    assert_eq!(outcome.packed().report.skipped[0].row, Some(3));
}
