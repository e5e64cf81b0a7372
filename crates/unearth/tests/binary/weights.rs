//! Initial weights of one's own, from the command line to the record beside the ranking.

use crate::real::{Image, Unearth, blobs, home, noise};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

const RESNET18: [&str; 6] = ["--model", "resnet18", "--epochs", "2", "--checkpoints", "2"];

#[test]
fn an_audit_begins_from_the_weights_it_is_given() {
    let home = home();
    let dataset = blobs(home.path(), 12, Image::SMALL_COLOUR);
    let unearth = Unearth::start(&home.path().join("data"));
    let audit = |weights: &Path, model: &[&str]| {
        let init = ["--init", weights.to_str().expect("a plain path")];
        let out = home.path().join("ranked.csv");
        unearth.audit(&dataset, &out, &[model, &init].concat())
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let weights = resnet18(home.path(), "r18.safetensors", 64);
    let audited = audit(&weights, &RESNET18);
    assert!(audited.status.success(), "{}", said(&audited));
    let record = fs::read(home.path().join("ranked.csv.json")).expect("the record is there");
    let record: Value = serde_json::from_slice(&record).expect("JSON");
    let hash = blake3::hash(&fs::read(&weights).expect("just written")).to_hex();
    assert_eq!(record["recipe"]["init"]["weights"], hash.as_str());
    let kept = unearth.get(&format!("/v1/weights/{hash}"));
    assert_eq!(kept["name"], "r18.safetensors");

    let again = audit(&weights, &RESNET18);
    assert!(again.status.success(), "{}", said(&again));
    assert!(
        said(&audited).contains("sending weights") && !said(&again).contains("sending weights"),
        "{}{}",
        said(&audited),
        said(&again)
    );

    let other_model = audit(&weights, &["--model", "cnn-s"]);
    assert_eq!(other_model.status.code(), Some(2), "{}", said(&other_model));
    assert!(said(&other_model).contains("`recipe.init`"));

    let narrow = resnet18(home.path(), "narrow.safetensors", 32);
    let unsuitable = audit(&narrow, &RESNET18);
    assert_eq!(unsuitable.status.code(), Some(1), "{}", said(&unsuitable));
    assert!(
        said(&unsuitable).contains("`conv1.weight`"),
        "{}",
        said(&unsuitable)
    );

    let no_weights = audit(&dataset, &RESNET18);
    assert_eq!(no_weights.status.code(), Some(2), "{}", said(&no_weights));
    assert!(said(&no_weights).contains("blobs.npz"));

    let missing = audit(Path::new("nowhere.safetensors"), &RESNET18);
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    assert!(said(&missing).contains("nowhere.safetensors"));
}

/// Random weights under the names that torchvision gives those of its ResNet-18, whose first block
/// has 64 channels.
fn resnet18(folder: &Path, name: &str, width: usize) -> PathBuf {
    let mut tensors = vec![("conv1.weight".to_owned(), vec![width, 3, 7, 7])];
    batch_norm(&mut tensors, "bn1", width);
    let mut before = width;
    for stage in 1..=4 {
        let channels = width << (stage - 1);
        for block in 0..2 {
            let name = format!("layer{stage}.{block}");
            let conv = |at: usize| format!("{name}.conv{at}.weight");
            tensors.push((conv(1), vec![channels, before, 3, 3]));
            batch_norm(&mut tensors, &format!("{name}.bn1"), channels);
            tensors.push((conv(2), vec![channels, channels, 3, 3]));
            batch_norm(&mut tensors, &format!("{name}.bn2"), channels);
            if before != channels {
                let shape = vec![channels, before, 1, 1];
                tensors.push((format!("{name}.downsample.0.weight"), shape));
                batch_norm(&mut tensors, &format!("{name}.downsample.1"), channels);
            }
            before = channels;
        }
    }
    tensors.push(("fc.weight".to_owned(), vec![1_000, before]));
    tensors.push(("fc.bias".to_owned(), vec![1_000]));

    let mut noise = noise();
    let values: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(name, shape)| {
            let mut value = || match name.rsplit('.').next() {
                Some("bias" | "running_mean") => 0.0,
                Some("running_var") => 1.0,
                _ if shape.len() == 1 => 1.0,
                _ => 0.1 * (noise() as f32 / u32::MAX as f32 - 0.5),
            };
            let values = (0..shape.iter().product()).map(|_| value());
            values.flat_map(f32::to_le_bytes).collect()
        })
        .collect();
    let views = tensors.iter().zip(&values).map(|((name, shape), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("shape and bytes fit");
        (name, view)
    });
    let path = folder.join(name);
    safetensors::serialize_to_file(views, None, &path).expect("the file can be made");
    path
}

fn batch_norm(tensors: &mut Vec<(String, Vec<usize>)>, name: &str, channels: usize) {
    for part in ["weight", "bias", "running_mean", "running_var"] {
        tensors.push((format!("{name}.{part}"), vec![channels]));
    }
}
