//! The authors' gradient maps of ten ImageNet images at nine checkpoints, posted, stored, scored, and
//! compared with the scores that they published for them.

use super::{NPY, NPZ, Stage, batches};
use npyz::npz::NpzArchive;
use serde_json::{Value, json};
use std::{fs::File, io::BufReader, path::PathBuf};

const CHECKPOINTS: usize = 9;
const EXAMPLES: usize = 10;
const SIDE: usize = 224;
const WINDOWS: [(&str, &str); 4] = [
    ("early", "vog_early"),
    ("middle", "vog_middle"),
    ("late", "vog_late"),
    ("all", "vog_complete"),
];

struct Authors {
    steps: Vec<i64>,
    /// `[CHECKPOINTS, EXAMPLES, SIDE, SIDE]`.
    gradients: Vec<f32>,
    /// `[EXAMPLES]` for each of [`WINDOWS`].
    scores: Vec<Vec<f32>>,
}

impl Authors {
    fn read() -> Option<Self> {
        let folder = std::env::var_os("UNEARTH_TEST_DATA").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
            PathBuf::from,
        );
        let path = folder.join("vog_imagenet10.npz");
        if !path.exists() {
            println!("SKIPPED: no {}; set UNEARTH_TEST_DATA", path.display());
            return None;
        }
        let mut file = NpzArchive::open(path).unwrap();
        let scores = WINDOWS.map(|(_, name)| array(&mut file, name)).to_vec();
        Some(Self {
            steps: array(&mut file, "steps"),
            gradients: array(&mut file, "gradients"),
            scores,
        })
    }

    fn map(&self, checkpoint: usize, example: usize) -> &[f32] {
        let pixels = SIDE * SIDE;
        &self.gradients[(checkpoint * EXAMPLES + example) * pixels..][..pixels]
    }
}

fn array<T: npyz::Deserialize>(file: &mut NpzArchive<BufReader<File>>, name: &str) -> Vec<T> {
    file.by_name(name).unwrap().unwrap().into_vec().unwrap()
}

/// Every other checkpoint comes in one npy in order, the others in two npz, by index and out of order.
#[tokio::test]
async fn the_authors_gradients_come_out_with_the_authors_scores() {
    let Some(authors) = Authors::read() else {
        return;
    };
    let stage = Stage::new().await;
    let keys: Vec<String> = (0..EXAMPLES).map(|index| format!("{index}.jpg")).collect();
    let dataset = stage.table(&format!("key\n{}\n", keys.join("\n"))).await;
    let run = json!({ "checkpoints": authors.steps, "map_height": SIDE, "map_width": SIDE });
    let audit = stage.begin(&dataset, run).await;
    for checkpoint in 0..CHECKPOINTS {
        let path = format!("/v1/audits/{audit}/gradients/{checkpoint}");
        if checkpoint % 2 == 0 {
            let all: Vec<f32> = (0..EXAMPLES)
                .flat_map(|at| authors.map(checkpoint, at))
                .copied()
                .collect();
            let body = batches::floats(&[EXAMPLES, SIDE, SIDE], &all);
            let put = stage.put(&format!("{path}/0?first=0"), NPY, body).await;
            assert_eq!(put.expect(201).json()["examples"], EXAMPLES);
            continue;
        }
        for (chunk, rows) in [&[7, 0, 3, 9][..], &[8, 2, 1, 6, 5, 4]].iter().enumerate() {
            let maps: Vec<f32> = rows
                .iter()
                .flat_map(|&row| authors.map(checkpoint, row))
                .copied()
                .collect();
            let index: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
            let body = batches::npz(&[
                ("index", batches::integers(&index)),
                (
                    "gradients",
                    batches::floats(&[rows.len(), SIDE, SIDE], &maps),
                ),
            ]);
            stage
                .put(&format!("{path}/{chunk}"), NPZ, body)
                .await
                .expect(201);
        }
    }
    let done = stage.succeeded(&audit).await;
    assert_eq!(done["signals"], json!(["vog"]));

    let mut worst = 0.0f64;
    for ((window, _), theirs) in WINDOWS.iter().zip(&authors.scores) {
        let ranking = stage
            .ranking(&audit, &format!("signal=vog&window={window}"))
            .await;
        assert_eq!(ranking.len(), EXAMPLES);
        for (key, value) in ranking {
            let index: usize = key.strip_suffix(".jpg").unwrap().parse().unwrap();
            let ours = value.as_f64().unwrap();
            worst = worst.max((ours / f64::from(theirs[index]) - 1.0).abs());
        }
    }
    println!("worst relative difference from the authors' scores: {worst:.1e}");
    assert!(worst <= 1e-5, "{worst:e}");

    let path = format!("/v1/audits/{audit}/examples/3");
    let example = stage.service.get(&path).await.expect(200).json();
    assert_eq!(example["gradients"].as_array().unwrap().len(), CHECKPOINTS);
    assert_eq!(example["gradients"][8]["epoch"], authors.steps[8]);
    assert_eq!(
        (&example["label"], &example["image_url"]),
        (&Value::Null, &Value::Null)
    );
    let picture = format!("{path}/gradients/8.png?scale=1");
    let picture = stage.service.get(&picture).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/png");
    let row = stage.get(format!("/v1/audits/{audit}/examples?limit=1"));
    let row = row.await.json();
    assert_eq!(
        row["items"][0]["value_normalised_reason"],
        "the dataset has no labels"
    );
    // What was posted is kept once.
    assert_eq!(stage.count("posted_maps").await, 0);
    stage.leave().await;
}
