//! External runs with the real binary: from files on the command line, and from the Python example.

use crate::real::{Image, Unearth, blobs, home, write};
use npyz::npz::NpzArchive;
use serde_json::Value;
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

/// `unearth probes` of a dataset.
fn probes(dataset: &Path, out: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(BINARY)
        .arg("probes")
        .arg(dataset)
        .args(arguments)
        .arg("--out")
        .arg(out)
        .output();
    output.expect("the binary starts")
}

#[test]
fn probes_are_made_for_a_training_of_ones_own_and_sort_its_examples() {
    const EPOCHS: usize = 6;
    let home = home();
    let folder = home.path();
    let dataset = blobs(folder, 240, Image::SMALL_COLOUR);
    let file = folder.join("probes.npz");
    let made = probes(&dataset, &file, &["--suite-size", "40"]);
    assert!(made.status.success(), "{}", said(&made));
    let again = folder.join("again.npz");
    assert!(
        probes(&dataset, &again, &["--suite-size", "40"])
            .status
            .success()
    );
    assert_eq!(fs::read(&file).unwrap(), fs::read(&again).unwrap());

    let mut arrays = NpzArchive::open(&file).expect("an npz");
    let mut images = NpzArchive::open(&dataset).expect("an npz");
    let shape = |file: &mut NpzArchive<BufReader<File>>, name: &str| {
        let array = file
            .by_name(name)
            .expect("it can be read")
            .expect("it is there");
        array.shape().to_vec()
    };
    let of_images = shape(&mut images, "x");
    assert_eq!(shape(&mut arrays, "x")[0], 80);
    assert_eq!(shape(&mut arrays, "x")[1..3], of_images[1..3]);
    let list = folder.join("probes.npz.json");
    let listed: Value =
        serde_json::from_slice(&fs::read(&list).expect("the list is there")).unwrap();
    let listed = listed["probes"].as_array().unwrap();
    let given: Vec<i64> = array(&mut images, "y");
    for probe in listed {
        let source: usize = probe["source"].as_str().unwrap().parse().unwrap();
        let label: i64 = probe["label"].as_str().unwrap().parse().unwrap();
        let is_random = probe["suite"] == "random_outputs";
        assert_eq!(label != given[source], is_random, "{probe}");
    }

    // The training: what has a wrong label is never learned, what is corrupted late.
    let suites = listed.iter().map(|probe| probe["suite"].as_str().unwrap());
    let kinds: Vec<&str> = (0..given.len()).map(|_| "").chain(suites).collect();
    let mut losses = Vec::new();
    for epoch in 0..EPOCHS {
        losses.extend(kinds.iter().enumerate().map(|(row, kind)| {
            let jitter = (row % 11) as f32 / 100.0;
            let epoch = epoch as f32;
            jitter
                + match *kind {
                    "random_outputs" => 2.0 + 0.2 * epoch,
                    "corrupted" => 1.5 - 0.1 * epoch,
                    _ if row.is_multiple_of(20) => 2.0 + 0.2 * epoch,
                    _ => 1.5 * 0.4_f32.powf(epoch),
                }
        }));
    }
    let dynamics = folder.join("dynamics.npz");
    let mut writer = npyz::npz::NpzWriter::create(&dynamics).expect("the file can be made");
    write(
        &mut writer,
        "loss",
        &[EPOCHS as u64, kinds.len() as u64],
        losses,
    );
    drop(writer);
    let labels = folder.join("labels.npy");
    fs::write(&labels, label_file(&given)).expect("the file can be made");

    let unearth = Unearth::start(&folder.join("data"));
    let out = folder.join("ranked.csv");
    let paths = [&dynamics, &labels, &list].map(|path| path.to_str().expect("a plain path"));
    let signal = PathBuf::from(format!("mean_loss={}", out.display()));
    let [dynamics, labels, list] = paths;
    let arguments = [
        "--dynamics",
        dynamics,
        "--labels",
        labels,
        "--probes",
        list,
        "--logits",
        "in-flight",
    ];
    let done = external(&unearth, &signal, &arguments);
    assert!(done.status.success(), "{}", said(&done));
    let csv = fs::read_to_string(&out).expect("the ranking is there");
    let mut rows = csv.lines();
    let header: Vec<&str> = rows.next().unwrap().split(',').collect();
    let at = header
        .iter()
        .position(|name| *name == "category")
        .expect("a column");
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), given.len());
    for row in rows {
        let index: usize = row[1].parse().unwrap();
        assert_eq!(
            row[at] == "random_outputs",
            index.is_multiple_of(20),
            "{row:?}"
        );
    }
}

#[test]
fn probes_of_a_table_are_rows_with_the_text_of_their_source() {
    let home = home();
    let table = home.path().join("texts.csv");
    let rows = (0..60).map(|row| {
        format!(
            "t{row},{},\"text {row}, with a comma\"\n",
            ["yes", "no"][row % 2]
        )
    });
    fs::write(
        &table,
        format!("key,label,text\n{}", rows.collect::<String>()),
    )
    .unwrap();
    let out = home.path().join("probes.csv");
    let made = probes(&table, &out, &[]);
    assert!(made.status.success(), "{}", said(&made));
    let mut reader = csv::Reader::from_path(&out).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 20);
    for row in &rows {
        let source: usize = row[3].strip_prefix('t').unwrap().parse().unwrap();
        assert_eq!(&row[2], "random_outputs");
        assert_ne!(&row[1], ["yes", "no"][source % 2]);
        assert_eq!(&row[4], format!("text {source}, with a comma"));
    }
    let images = probes(&table, &out, &["--suites", "corrupted"]);
    assert_eq!(images.status.code(), Some(2));
    assert!(said(&images).contains("are images"), "{}", said(&images));
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
    assert!(code.lines().count() <= 30, "it stays short");
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
