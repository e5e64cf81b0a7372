//! Populations of models, trained for real: what they disagree on, counted again from what is stored; the
//! same whoever trains them and whoever is killed meanwhile.

use crate::real::{Image, Unearth, Worker, blobs, home, noise, runtime, write};
use serde_json::{Value, json};
use sqlx::Connection as _;
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

const SIDE: usize = 8;
const TRAINED: usize = 320;
const EXAMPLES: usize = 400;
const CLASSES: usize = 4;

/// Four quadrants, one of them little brighter than the noise; every fifth example is of a harder group, and
/// the last ones are held out.
fn dataset(folder: &Path) -> PathBuf {
    let mut noise = noise();
    let mut pixels = Vec::new();
    for index in 0..EXAMPLES {
        let bright = if index % 5 == 0 { 66 } else { 84 };
        for at in 0..SIDE * SIDE {
            let quadrant = (at / SIDE / (SIDE / 2)) * 2 + (at % SIDE) / (SIDE / 2);
            let signal = if quadrant == index % CLASSES {
                bright
            } else {
                60
            };
            pixels.push((signal + noise() % 120) as u8);
        }
    }
    let per_example = |value: fn(usize) -> i64| (0..EXAMPLES).map(value).collect::<Vec<i64>>();
    let path = folder.join("groups.npz");
    let mut npz = npyz::npz::NpzWriter::create(&path).expect("the file can be made");
    let n = EXAMPLES as u64;
    write(&mut npz, "x", &[n, SIDE as u64, SIDE as u64], pixels);
    write(
        &mut npz,
        "y",
        &[n],
        per_example(|index| (index % CLASSES) as i64),
    );
    write(
        &mut npz,
        "group",
        &[n],
        per_example(|index| i64::from(index % 5 == 0)),
    );
    write(
        &mut npz,
        "split",
        &[n],
        per_example(|index| i64::from(index >= TRAINED)),
    );
    path
}

fn request(population: u32) -> Value {
    json!({
        "signals": ["pie"],
        "pie": {
            "sparsities": [0.9],
            "population": population,
            "null": true,
            "quantise": ["int8"],
            "begin": 0.3,
            "end": 0.6,
            "frequency": 0.05,
        },
        "recipe": { "model": "mlp", "epochs": 3, "batch_size": 16, "split": "0" },
        "seed": 7,
    })
}

/// What each model predicts for each example, as it is stored: by level, then by model.
fn stored_predictions(home: &Path) -> BTreeMap<String, Vec<Vec<usize>>> {
    let url = unearth_postgres::connect_running(&home.join("postgres")).expect("Postgres runs");
    let rows: Vec<(String, i32, Vec<u8>)> = runtime().block_on(async {
        let mut connection = sqlx::PgConnection::connect(&url)
            .await
            .expect("it lets us in");
        sqlx::query_as(
            "select predictions.level, member, string_agg(classes, ''::bytea order by chunk)
             from predictions join runs on runs.id = run_id group by 1, 2 order by 1, 2",
        )
        .fetch_all(&mut connection)
        .await
        .expect("it answers")
    });
    let mut levels: BTreeMap<String, Vec<Vec<usize>>> = BTreeMap::new();
    for (level, _, bytes) in rows {
        let classes = bytes.chunks(2).map(|two| usize::from(two[0])).collect();
        levels.entry(level).or_default().push(classes);
    }
    levels
}

/// The class that most models predict, of several the largest.
fn modal(models: &[Vec<usize>], example: usize) -> usize {
    let votes = |class: &usize| models.iter().filter(|it| it[example] == *class).count();
    (0..CLASSES).max_by_key(votes).expect("a class")
}

fn level<'v>(table: &'v Value, name: &str) -> &'v Value {
    let mut levels = table["levels"].as_array().expect("levels").iter();
    levels
        .find(|level| level["level"] == name)
        .expect("the level")
}

/// An audit that is done, with what its models predict.
struct Audited<'a> {
    unearth: &'a Unearth,
    id: String,
    predictions: BTreeMap<String, Vec<Vec<usize>>>,
}

impl Audited<'_> {
    fn ranking(&self, query: &str) -> String {
        self.unearth.ranking(&self.id, query)
    }

    fn get(&self, path: &str) -> Value {
        self.unearth.get(&format!("/v1/audits/{}/{path}", self.id))
    }

    /// Counts again what the report says of one population over some of the examples.
    fn check_level(&self, table: &Value, name: &str, population: &str, indices: &Range<usize>) {
        let (reported, models) = (level(table, name), &self.predictions[name]);
        assert_eq!(reported["models"], 3);
        let accuracy = share(models, indices.clone(), is_right).expect("examples");
        close(&reported["top1"]["mean"], Some(accuracy));
        if name == "unpruned" {
            return;
        }
        let unpruned = &self.predictions["unpruned"];
        let differs = |&index: &usize| modal(models, index) != modal(unpruned, index);
        let exemplars: Vec<usize> = indices.clone().filter(differs).collect();
        let found = &reported["exemplars"];
        assert_eq!(found["count"], exemplars.len(), "{population} {name}");
        let null = level(table, "null")["exemplars"]["share"].as_f64();
        let part = exemplars.len() as f64 / indices.len() as f64;
        let excess = part - null.expect("a share");
        close(&found["excess"], (name != "null").then_some(excess));
        let on_them = share(unpruned, exemplars.iter().copied(), is_right);
        close(&found["unpruned_top1"], on_them);
        self.check_subset(name, population, &exemplars);
    }

    /// The subset holds them, in the files too, and nobody of the other split.
    fn check_subset(&self, name: &str, population: &str, exemplars: &[usize]) {
        let subset = match name {
            "int8" => "cie_int8".to_owned(),
            name => format!("pie@{name}"),
        };
        let csv = self.ranking(&format!(
            "pie&level={name}&subset={subset}&population={population}"
        ));
        let index = |line: &str| line.split(',').nth(1).expect("an index").parse();
        let listed = csv
            .lines()
            .skip(1)
            .map(|line| index(line).expect("a number"));
        let mut listed: Vec<usize> = listed.collect();
        listed.sort_unstable();
        assert_eq!(listed, exemplars, "{population} {name}");
        let listed = self.get(&format!("subsets/{subset}?population={population}"));
        assert_eq!(listed["count"], exemplars.len());
    }

    fn check_tests(&self) {
        let of_level = self.get("pie/0.9?population=held_out");
        let recalls = of_level["recalls"].as_array().expect("recalls");
        let rows = |of: &Value| of["rows"].as_array().cloned().expect("rows");
        assert_eq!(rows(&recalls[0]).len(), CLASSES);
        assert_eq!(recalls[1]["of"], "group");
        for row in rows(&recalls[0]).into_iter().chain(rows(&recalls[1])) {
            let (welch, examples) = (&row["welch"], row["examples"].as_u64());
            assert!(examples > Some(0));
            assert!(welch["p"].is_null() != welch["reason"].is_null(), "{row}");
            assert!(welch["p"].as_f64() <= welch["p_holm"].as_f64());
            assert!(row["paired"].is_null(), "pruned models are trained apart");
        }
        let quantised = self.get("pie/int8");
        assert!(quantised["recalls"][0]["rows"][0]["paired"].is_object());
    }

    /// Every example knows its classes at every level.
    fn check_example(&self, index: usize) {
        let csv = self.ranking("pie&level=0.9");
        assert!(csv.lines().next().expect("a header").ends_with(
            "exemplar,modal_unpruned,modal_compressed,agreement_unpruned,agreement_compressed,modal_tied"
        ));
        let one = self.get(&format!("examples/{index}"));
        let seen = one["exemplars"].as_array().expect("levels");
        let levels = seen.iter().filter_map(|it| it["level"].as_str());
        assert_eq!(levels.collect::<Vec<_>>(), ["null", "0.9", "int8"]);
        for seen in seen {
            let models = &self.predictions[seen["level"].as_str().expect("a level")];
            assert_eq!(seen["own"], modal(models, index).to_string());
        }
    }
}

fn is_right(predicted: usize, index: usize) -> bool {
    predicted == index % CLASSES
}

/// Share of the predictions of all models for some examples of which something is true.
fn share(
    models: &[Vec<usize>],
    indices: impl Iterator<Item = usize>,
    holds: fn(usize, usize) -> bool,
) -> Option<f64> {
    let of_all = indices.flat_map(|index| models.iter().map(move |it| holds(it[index], index)));
    let of_all: Vec<bool> = of_all.collect();
    let true_ones = of_all.iter().filter(|it| **it).count();
    (!of_all.is_empty()).then(|| true_ones as f64 / of_all.len() as f64)
}

fn close(found: &Value, expected: Option<f64>) {
    let difference = found.as_f64().zip(expected).map(|(a, b)| (a - b).abs());
    assert_eq!(found.is_null(), expected.is_none(), "{found} {expected:?}");
    assert!(
        difference.is_none_or(|it| it < 1e-12),
        "{found} {expected:?}"
    );
}

#[test]
fn populations_disagree_on_what_their_predictions_say() {
    let home = home();
    let data = home.path().join("data");
    let unearth = Unearth::start(&data);
    let id = unearth.begin(&dataset(home.path()), request(3));
    unearth.ranking(&id, "pie&level=0.9");
    let audited = Audited {
        unearth: &unearth,
        id,
        predictions: stored_predictions(&data),
    };
    let runs = audited.get("runs");
    assert_eq!(runs["items"].as_array().expect("runs").len(), 9);
    let report = audited.get("pie")["report"].clone();
    assert_eq!(report["is_complete"], true);
    let names: Vec<&str> = audited.predictions.keys().map(String::as_str).collect();
    assert_eq!(names, ["0.9", "int8", "null", "unpruned"]);
    for (population, indices) in [("trained", 0..TRAINED), ("held_out", TRAINED..EXAMPLES)] {
        let table = &report[population];
        assert_eq!(table["examples"], indices.len());
        for name in &names {
            audited.check_level(table, name, population, &indices);
        }
    }
    // What pruning reached, layer by layer, over three models.
    let layers = level(&report["trained"], "0.9")["layers"].as_array();
    for layer in layers.expect("layers") {
        let figure = |name: &str| layer[name].as_f64().expect("a number") / 3.0;
        let kept = figure("weights") - figure("zeros");
        assert!(
            (kept - (figure("weights") * 0.1).round()).abs() < 1e-9,
            "{layer}"
        );
    }
    audited.check_tests();
    audited.check_example(5);
    // The free signals of the main run are there, too.
    assert_eq!(audited.ranking("label_issue").lines().count(), TRAINED + 1);
}

/// Everything that comes of populations.
fn results(unearth: &Unearth, audit: &str) -> Vec<String> {
    let rankings = ["0.9", "null", "int8"].map(|level| format!("pie&level={level}"));
    let mut results: Vec<String> = rankings
        .iter()
        .map(|ranking| unearth.ranking(audit, ranking))
        .collect();
    results.push(unearth.get(&format!("/v1/audits/{audit}/pie")).to_string());
    results.push(
        unearth
            .get(&format!("/v1/audits/{audit}/pie/0.9"))
            .to_string(),
    );
    results
}

#[test]
fn whoever_trains_and_whoever_is_killed_the_table_is_the_same() {
    let folder = home();
    let file = blobs(folder.path(), 400, Image::GREY);
    let mut request = request(4);
    request["recipe"] = json!({ "model": "mlp", "epochs": 4, "batch_size": 8 });
    let undisturbed = {
        let home = home();
        let unearth = Unearth::start(home.path());
        let audit = unearth.begin(&file, request.clone());
        results(&unearth, &audit)
    };

    let home = home();
    let unearth = Unearth::start(home.path());
    let audit = unearth.begin(&file, request);
    let is_over = |unearth: &Unearth| {
        let audit = unearth.get(&format!("/v1/audits/{audit}"));
        match audit["state"].as_str() {
            Some("failed" | "cancelled") => panic!("{audit}"),
            state => state == Some("succeeded"),
        }
    };
    // One worker or the other dies again and again, wherever it stands.
    let mut random = noise();
    let mut kills = 0;
    while !is_over(&unearth) {
        let other = Worker::start(home.path());
        std::thread::sleep(Duration::from_millis(u64::from(300 + random() % 1_200)));
        other.kill();
        if random().is_multiple_of(2) && !is_over(&unearth) {
            unearth.kill_worker();
        }
        kills += 1;
        if kills == 12 {
            break;
        }
    }
    assert!(kills > 2, "it was over before it was disturbed");
    for (disturbed, undisturbed) in results(&unearth, &audit).iter().zip(&undisturbed) {
        assert!(
            disturbed == undisturbed,
            "{disturbed}\n\ndiffers from\n\n{undisturbed}"
        );
    }
}
