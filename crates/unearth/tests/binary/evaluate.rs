//! `unearth evaluate`, from a dataset to figures, table and picture.

use crate::real::{Image, Unearth, blobs, home};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const EXAMPLES: usize = 400;
/// Class of a test image, see `blobs`.
const fn true_label(index: usize) -> usize {
    index % 4
}

/// A dataset, a server, and a folder for what is written.
struct Bench {
    unearth: Unearth,
    dataset: PathBuf,
    folder: tempfile::TempDir,
}

impl Bench {
    fn start() -> Self {
        let folder = home();
        Self {
            unearth: Unearth::start(&folder.path().join("data")),
            dataset: blobs(folder.path(), EXAMPLES, Image::GREY),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn evaluate(&self, out: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_unearth"))
            .arg("evaluate")
            .arg(&self.dataset)
            .args([
                "--server",
                &self.unearth.url,
                "--token",
                &self.unearth.token,
            ])
            .args(["--epochs", "6", "--checkpoints", "2", "--seeds", "1"])
            .arg("--out")
            .arg(self.path(out))
            .arg("--plot")
            .arg(self.path(out).with_extension("svg"))
            .args(arguments)
            .output()
            .expect("the binary starts")
    }

    fn figures(&self, out: &str) -> Value {
        let bytes = fs::read(self.path(out)).expect("the figures are there");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Index, true label and given label of the wrong ones.
    fn wrong_labels(&self, out: &str) -> Vec<[usize; 3]> {
        let table = fs::read_to_string(self.path(&format!("{out}.csv"))).expect("they are listed");
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("seed,index,key,true_label,given_label"));
        lines
            .map(|line| {
                let cells: Vec<usize> = line
                    .split(',')
                    .map(|cell| cell.parse().expect("a number"))
                    .collect();
                assert_eq!(cells[0], 0, "the only seed");
                assert_eq!(cells[1], cells[2], "the key of an npz is its index");
                [cells[1], cells[3], cells[4]]
            })
            .collect()
    }
}

fn said(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&all).into_owned()
}

fn ranking<'v>(of: &'v Value, name: &str) -> &'v Value {
    let all = of["rankings"].as_array().expect("rankings");
    all.iter()
        .find(|ranking| ranking["ranking"] == name)
        .unwrap_or_else(|| panic!("no {name} in {all:?}"))
}

#[test]
fn planted_labels_are_found_beside_a_baseline_and_again_without_training() {
    let bench = Bench::start();
    let arguments = ["--noise", "uniform:0.1", "--folds", "2"];
    let output = bench.evaluate("planted.json", &arguments);
    assert!(output.status.success(), "{}", said(&output));

    let figures = bench.figures("planted.json");
    assert_eq!(figures["wrong_labels"]["planted"]["kind"], "uniform");
    assert_eq!(figures["rankings"].as_array().map(Vec::len), Some(14));
    let trial = &figures["trials"][0];
    assert_eq!(trial["wrong"], 40);
    assert_eq!(
        trial["baseline_audit_ids"].as_array().map(Vec::len),
        Some(2)
    );
    for name in ["final_loss", "label_issue", "self_confidence"] {
        for measure in ["auroc", "average_precision"] {
            let found = ranking(&figures, name)[measure]["mean"].as_f64();
            assert!(found > Some(0.8), "{measure} of {name}: {found:?}");
        }
    }
    let relative = &trial["cost"]["relative"];
    assert!(
        relative["audit"].as_f64() > relative["audit_without_sweeps"].as_f64(),
        "{trial}"
    );
    assert!(relative["baseline"].is_f64(), "{trial}");

    let wrong = bench.wrong_labels("planted.json");
    assert_eq!(wrong.len(), 40);
    let mut given: Vec<usize> = (0..EXAMPLES).map(true_label).collect();
    for [index, truth, planted] in wrong {
        assert_eq!(truth, true_label(index));
        assert_ne!(truth, planted);
        given[index] = planted;
    }
    // What the audit was told is what is listed as wrong, and nothing else is.
    let audit = trial["audit_id"].as_str().expect("an id");
    let ranked = bench.unearth.ranking(audit, "final_loss");
    for row in ranked.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let index: usize = cells[1].parse().expect("an index");
        assert_eq!(cells[3], given[index].to_string(), "{row}");
    }

    for fold in trial["baseline_audit_ids"]
        .as_array()
        .expect("just counted")
    {
        let fold = bench
            .unearth
            .get(&format!("/v1/audits/{}", fold.as_str().expect("an id")));
        assert_eq!(
            fold["recipe"]["checkpoints"],
            serde_json::json!([]),
            "no gradients"
        );
        for same in ["model", "epochs", "batch_size", "lr"] {
            assert_eq!(fold["recipe"][same], figures["recipe"][same], "{same}");
        }
    }

    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        table.contains("40 labels wrong, planted (10 %, uniform)"),
        "{table}"
    );
    assert!(table.contains("self_confidence *"), "{table}");
    let plot = fs::read_to_string(bench.path("planted.svg")).expect("it is drawn");
    assert!(plot.ends_with("</svg>\n") && plot.contains("label_issue"));

    let before = fs::read(bench.path("planted.json")).expect("just read");
    let again = bench.evaluate("planted.json", &arguments);
    assert!(again.status.success(), "{}", said(&again));
    assert!(
        fs::read(bench.path("planted.json")).expect("rewritten") == before,
        "the figures differ"
    );
    let audits = bench.unearth.get("/v1/audits");
    assert_eq!(
        audits["items"].as_array().map(Vec::len),
        Some(3),
        "nothing was trained again"
    );
}

#[test]
fn true_labels_come_from_a_file_in_any_order() {
    let bench = Bench::start();
    let truth = |index: usize| {
        if index < 20 {
            (true_label(index) + 1) % 4
        } else {
            true_label(index)
        }
    };
    let rows = (0..EXAMPLES)
        .rev()
        .map(|index| format!("{index},{}\n", truth(index)));
    let table = format!("key,label\n{}", rows.collect::<String>());
    write(&bench.path("truth.csv"), &table);
    let file = bench.path("truth.csv");
    let file = file.to_str().expect("a plain path");
    let arguments = ["--true-labels", file, "--folds", "0", "--limit", "200"];
    let output = bench.evaluate("known.json", &arguments);
    assert!(output.status.success(), "{}", said(&output));

    let figures = bench.figures("known.json");
    assert_eq!(figures["wrong_labels"]["true_labels"], "truth.csv");
    assert_eq!(
        (&figures["examples"], &figures["folds"]),
        (&200.into(), &0.into())
    );
    assert_eq!(figures["rankings"].as_array().map(Vec::len), Some(13));
    let wrong = bench.wrong_labels("known.json");
    assert!(!wrong.is_empty() && figures["trials"][0]["wrong"] == wrong.len());
    for [index, true_label_of_file, given] in wrong {
        assert!(index < 20);
        assert_eq!(
            (true_label_of_file, given),
            (truth(index), true_label(index))
        );
    }

    let refused = |arguments: &[&str], because: &str| {
        let output = bench.evaluate("refused.json", arguments);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(
            said(&output).contains(because),
            "{because}: {}",
            said(&output)
        );
        assert!(!bench.path("refused.json").exists());
    };
    write(&bench.path("truth.csv"), "key,label\n0,1\n");
    refused(&["--true-labels", file], "no row for the key `1`");
    write(&bench.path("truth.csv"), "label\n1\n");
    refused(
        &["--true-labels", file],
        "holds 1 labels, but the dataset has 400 examples",
    );
    refused(
        &["--true-labels", file, "--noise", "class:0.1"],
        "cannot be used with",
    );
    refused(&[], "--noise <KIND:SHARE>");
    refused(
        &["--noise", "uniform:0.1", "--split", "train"],
        "the dataset has no splits",
    );
    refused(
        &["--noise", "uniform:0.1", "--limit", "5"],
        "take at least 8",
    );
    refused(&["--noise", "uniform:0.0001"], "0 of 400 labels are wrong");
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("it can be written");
}

#[test]
fn an_archaeology_is_set_against_the_truth() {
    let bench = Bench::start();
    let arguments = ["--noise", "uniform:0.1", "--folds", "0", "--archaeology"];
    let output = bench.evaluate("kinds.json", &arguments);
    assert!(output.status.success(), "{}", said(&output));
    let figures = bench.figures("kinds.json");
    let vote = ranking(&figures, "random_outputs")["auroc"]["mean"].as_f64();
    assert!(vote > Some(0.7), "{vote:?}");

    let categories = &figures["trials"][0]["archaeology"]["categories"];
    let categories = categories.as_array().expect("categories");
    assert_eq!(categories.len(), 4);
    for of in ["of_right", "of_wrong"] {
        let shares = categories.iter().map(|category| category[of].as_f64());
        let sum: f64 = shares.map(|share| share.expect("a share")).sum();
        assert!(
            (sum - 1.0).abs() < 1e-9,
            "{of}: every example is called something"
        );
    }
    assert!(categories[1]["contamination"].is_f64(), "{}", categories[1]);
    assert!(
        categories[3]["contamination"].is_null(),
        "{}",
        categories[3]
    );
    assert!(
        said(&output).contains("random_outputs"),
        "{}",
        said(&output)
    );
}
