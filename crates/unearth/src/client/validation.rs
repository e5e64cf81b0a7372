//! A dataset, watched until a worker has validated it.

use super::{
    Client,
    pace::Pace,
    patience::Patience,
    progress::{PhaseBar, Unit},
};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// Shows the phases of validation until the dataset is in a final state, which is returned.
pub(crate) async fn dataset(client: &Client, mut dataset: Value) -> Result<Value> {
    let id = dataset["id"].as_str().context("the dataset has no id")?;
    let path = format!("/v1/datasets/{id}");
    let mut patience = Patience::begin();
    let mut shown = Shown {
        bar: PhaseBar::begin("validating", Unit::Nothing),
        phase: String::new(),
        pace: Pace::default(),
    };
    while dataset["state"] == "validating" {
        tokio::time::sleep(LOOK_EVERY).await;
        match client.get(&path).await {
            Ok(current) => {
                patience.heard();
                dataset = current;
                shown.progress(&dataset["progress"], Instant::now());
            }
            Err(error) => patience.wait(error, |line| shown.bar.say(line)).await?,
        }
    }
    shown.bar.turn("validating", Unit::Nothing);
    shown.bar.end(&summary(&dataset));
    Ok(dataset)
}

/// What is on the screen.
struct Shown {
    bar: PhaseBar,
    phase: String,
    pace: Pace,
}

impl Shown {
    fn progress(&mut self, progress: &Value, now: Instant) {
        let counts = progress["step"].as_u64().zip(progress["total"].as_u64());
        let Some((step, total)) = counts.filter(|&(_, total)| total > 0) else {
            return;
        };
        let phase = progress["phase"].as_str().unwrap_or_default();
        let (title, unit) = match phase {
            "unpack" => ("validating: unpack", Unit::Bytes),
            "scan" => ("validating: scan", Unit::Items),
            _ => ("validating: write", Unit::Items),
        };
        if phase != self.phase {
            phase.clone_into(&mut self.phase);
            self.pace = Pace::default();
            self.bar.turn(title, unit);
        }
        let measured = self.pace.at(step, total, now);
        self.bar.set(step, total, unit.pace(measured));
    }
}

fn summary(dataset: &Value) -> String {
    if dataset["state"] == "failed" {
        return "refused".to_owned();
    }
    let facts = &dataset["facts"];
    format!(
        "{} examples in {} classes",
        facts["examples"], facts["classes"]
    )
}
