//! External runs with the real binary: from files on the command line, and from the Python example.

use crate::real::{Unearth, home, write};
use npyz::npz::NpzArchive;
use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const BINARY: &str = env!("CARGO_BIN_EXE_unearth");

/// `unearth external` on a server.
fn external(unearth: &Unearth, out: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(BINARY)
        .args([
            "external",
            "--server",
            &unearth.url,
            "--token",
            &unearth.token,
        ])
        .args(arguments)
        .arg("--out")
        .arg(out)
        .output();
    output.expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Index and score by rank.
fn ranked(csv: &Path) -> Vec<(usize, f64)> {
    let text = fs::read_to_string(csv).expect("the ranking is there");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (
            cells[1].parse().expect("an index"),
            cells[6].parse().expect("a score"),
        )
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn the_authors_gradients_from_a_file_are_ranked_by_the_authors_scores() {
    let data = std::env::var_os("UNEARTH_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = data.join("vog_imagenet10.npz");
    if !file.exists() {
        println!("SKIPPED: no {}; set UNEARTH_TEST_DATA", file.display());
        return;
    }
    let home = home();
    let out = home.path().join("ranked.csv");
    let unearth = Unearth::start(&home.path().join("data"));
    let file_argument = file.to_str().expect("a plain path");
    let done = external(&unearth, &out, &["--gradients", file_argument]);
    assert!(done.status.success(), "{}", said(&done));

    let mut authors = NpzArchive::open(&file).expect("an npz");
    let complete: Vec<f32> = array(&mut authors, "vog_complete");
    let ranked = ranked(&out);
    assert_eq!(ranked.len(), complete.len());
    for (index, score) in ranked {
        let relative = (score / f64::from(complete[index]) - 1.0).abs();
        assert!(relative <= 1e-5, "example {index}: {relative:e}");
    }
    let record = fs::read_to_string(home.path().join("ranked.csv.json")).expect("the record");
    assert!(record.contains("\"checkpoints\""), "{record}");

    // The same command again only reports.
    let again = external(&unearth, &out, &["--gradients", file_argument]);
    assert!(again.status.success(), "{}", said(&again));
    assert!(!said(&again).contains("posting"), "{}", said(&again));
}

fn array<T: npyz::Deserialize>(file: &mut NpzArchive<BufReader<File>>, name: &str) -> Vec<T> {
    let array = file.by_name(name).expect("the member can be read");
    array
        .expect("the member is there")
        .into_vec()
        .expect("its type")
}

#[test]
fn dynamics_are_posted_from_arrays_and_from_cartographys_lines() {
    let home = home();
    let folder = home.path();
    let unearth = Unearth::start(&folder.join("data"));
    // Two epochs of three examples; the third is wrong in both.
    let logits = [
        [[2.0f32, 0.0], [0.0, 1.0], [3.0, 0.0]],
        [[3.0, 0.0], [0.0, 2.0], [4.0, 0.0]],
    ];
    let labels = [0i64, 1, 1];
    let npz = folder.join("dynamics.npz");
    let mut arrays = npyz::npz::NpzWriter::create(&npz).expect("the file can be made");
    write(&mut arrays, "logits", &[2, 3, 2], logits.concat().concat());
    drop(arrays);
    let npy = folder.join("labels.npy");
    fs::write(&npy, label_file(&labels)).expect("the file can be made");
    let out = folder.join("arrays.csv");
    let arguments = [
        "--dynamics",
        npz.to_str().expect("a plain path"),
        "--labels",
        npy.to_str().expect("a plain path"),
        "--logits",
        "in-flight",
    ];
    let done = external(&unearth, &out, &arguments);
    assert!(done.status.success(), "{}", said(&done));
    let from_arrays = ranked(&out);
    assert_eq!(from_arrays[0].0, 2);

    let lines = folder.join("lines");
    fs::create_dir(&lines).expect("the folder can be made");
    for (epoch, logits) in logits.iter().enumerate() {
        let text = (0..3).map(|row| {
            let (logits, gold) = (logits[row], labels[row]);
            format!(r#"{{"guid": {row}, "logits_epoch_{epoch}": {logits:?}, "gold": {gold}}}"#)
        });
        let text = text.collect::<Vec<_>>().join("\n");
        let file = lines.join(format!("dynamics_epoch_{epoch}.jsonl"));
        fs::write(file, text).expect("the file can be made");
    }
    let out = folder.join("lines.csv");
    let lines = lines.to_str().expect("a plain path");
    let done = external(
        &unearth,
        &out,
        &["--dynamics", lines, "--logits", "in-flight"],
    );
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(ranked(&out), from_arrays);

    let unsaid = external(&unearth, &out, &["--dynamics", lines]);
    assert_eq!(unsaid.status.code(), Some(2), "{}", said(&unsaid));
    let missing = external(&unearth, &out, &["--gradients", "nowhere.npz"]);
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    assert!(said(&missing).contains("nowhere.npz"));
}

/// An npy of whole numbers.
fn label_file(labels: &[i64]) -> Vec<u8> {
    let header = format!(
        "{{'descr': '<i8', 'fortran_order': False, 'shape': ({},), }}\n",
        labels.len()
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
    bytes
}

#[test]
fn the_python_example_finds_its_wrong_labels() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.args(arguments);
        // Put there by set-up where Python itself lacks them.
        let own = root.join(".deps/python");
        let paths = std::env::var_os("PYTHONPATH").unwrap_or_default();
        let paths = std::env::split_paths(&paths).chain([own]);
        command.env(
            "PYTHONPATH",
            std::env::join_paths(paths).expect("plain paths"),
        );
        command
    };
    let imports = python(&["-c", "import numpy, requests"]).output();
    if !imports.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: Python has no numpy and requests; `cargo xtask test` installs them");
        return;
    }
    let example = root.join("examples/python/external.py");
    let code = fs::read_to_string(&example).expect("the example is there");
    assert!(code.lines().count() <= 40, "it stays short");
    let home = home();
    let unearth = Unearth::start(&home.path().join("data"));
    let done = python(&[example.to_str().expect("a plain path")])
        .env("UNEARTH_URL", &unearth.url)
        .env("UNEARTH_TOKEN", &unearth.token)
        .output()
        .expect("Python starts");
    assert!(done.status.success(), "{}", said(&done));
    let told = String::from_utf8_lossy(&done.stdout);
    let found = told.split(' ').next().and_then(|word| word.parse().ok());
    let found: u32 = found.unwrap_or_else(|| panic!("{told}"));
    assert!(found >= 12, "{told}");
}
