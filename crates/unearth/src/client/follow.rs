//! An audit, watched to its end over server-sent events.

use super::{
    Client, accepted,
    pace::Pace,
    patience::Patience,
    progress::{PhaseBar, Unit, pace},
};
use anyhow::{Context as _, Result, bail};
use eventsource_stream::Eventsource as _;
use futures::StreamExt as _;
use reqwest::{Method, header::ACCEPT};
use serde_json::Value;
use std::time::Instant;

/// Shows an audit's phases until it is in a final state.
pub(crate) async fn audit(client: &Client, id: &str) -> Result<()> {
    let mut shown = Shown {
        bar: None,
        last_event: 0,
        last_loss: None,
        runs: Pace::default(),
    };
    let mut patience = Patience::begin();
    loop {
        match shown.stream(client, id, &mut patience).await {
            Ok(()) => return Ok(()),
            Err(error) => patience.wait(error, |line| shown.say(line)).await?,
        }
    }
}

/// What is on the screen, and how far we have read.
struct Shown {
    bar: Option<PhaseBar>,
    last_event: i64,
    last_loss: Option<(f64, f64)>,
    /// How fast trainings end, where there are several.
    runs: Pace,
}

impl Shown {
    /// Reads one stream to its end. An error means that it broke and may be resumed.
    async fn stream(&mut self, client: &Client, id: &str, patience: &mut Patience) -> Result<()> {
        let request = client
            .request(Method::GET, &format!("/v1/audits/{id}/events"))
            .header(ACCEPT, "text/event-stream")
            .header("Last-Event-ID", self.last_event.to_string());
        let response = accepted(request.send().await?).await?;
        patience.heard();
        let mut events = response.bytes_stream().eventsource();
        while let Some(event) = events.next().await {
            let event = event.context("the event stream broke")?;
            patience.heard();
            if let Ok(seq) = event.id.parse() {
                self.last_event = seq;
            }
            if event.event == "end" {
                self.end_phase();
                return Ok(());
            }
            self.show(
                &event.event,
                &serde_json::from_str(&event.data).unwrap_or_default(),
            );
        }
        bail!("the event stream ended early")
    }

    fn show(&mut self, kind: &str, event: &Value) {
        match kind {
            "progress" => self.progress(event),
            "epoch" => {
                self.last_loss = number(event, "loss").zip(number(event, "accuracy"));
            }
            "interrupted" => {
                let reason = reason(event);
                self.say(&format!(
                    "interrupted: {reason}; it goes on from its last checkpoint"
                ));
            }
            "recipe" => {
                self.last_loss = None;
                self.say(&format!(
                    "{}; everything begins again with batches of {}",
                    reason(event),
                    count(event, "batch_size")
                ));
            }
            _ => {}
        }
    }

    fn progress(&mut self, event: &Value) {
        let Some(title) = title(event) else { return };
        let (total, step) = (count(event, "total"), count(event, "step"));
        if self.bar.as_ref().is_none_or(|bar| bar.title() != title) {
            self.end_phase();
            let unit = if total == 0 {
                Unit::Nothing
            } else {
                Unit::Items
            };
            self.bar = Some(PhaseBar::begin(&title, unit));
        }
        let note = self.note(event);
        if let Some(bar) = &mut self.bar {
            bar.set(step, total, note);
        }
    }

    /// The rate of the phase and what remains: of the whole audit, where that can be told.
    fn note(&mut self, event: &Value) -> String {
        let (done, runs) = (count(event, "runs_done"), count(event, "runs"));
        let all_runs = self.runs.at(done, runs, Instant::now());
        let of_run = number(event, "eta_seconds");
        let (seconds_left, of) = match all_runs {
            _ if runs <= 1 => (of_run, "left in all"),
            Some(pace) => (Some(pace.seconds_left), "left in all"),
            None => (of_run, "left in this training"),
        };
        let rate = number(event, "examples_per_second").map(|rate| format!("{rate:.0}"));
        pace(rate.as_deref(), seconds_left, of)
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.say(line),
            None => eprintln!("{line}"),
        }
    }

    fn end_phase(&mut self) {
        if let Some(bar) = self.bar.take() {
            let summary = match self.last_loss {
                Some((loss, accuracy)) if bar.title().starts_with("training") => {
                    format!("done, loss {loss:.3}, accuracy {:.1} %", 100.0 * accuracy)
                }
                _ => "done".to_owned(),
            };
            bar.end(&summary);
        }
    }
}

fn number(event: &Value, key: &str) -> Option<f64> {
    event.get(key).and_then(Value::as_f64)
}

fn reason(event: &Value) -> &str {
    let reason = event.get("reason").and_then(Value::as_str);
    reason.unwrap_or("for no reason that is known")
}

/// 0 where it is not told.
fn count(event: &Value, key: &str) -> u64 {
    event.get(key).and_then(Value::as_u64).unwrap_or(0)
}

/// `training epoch 3/12`, `snapshotting 2/6`, `training 12/25 in all`, `scoring`.
fn title(event: &Value) -> Option<String> {
    let phase = event.get("phase")?.as_str()?;
    let of = |done: &str, all: &str| {
        let all = count(event, all);
        format!("{}/{all}", (count(event, done) + 1).min(all))
    };
    let is_member = event.get("role").and_then(Value::as_str) == Some("member");
    Some(match phase {
        // Epoch by epoch they would fill the screen.
        "training" | "loading" | "evaluating" if is_member => {
            format!("training {} in all", of("runs_done", "runs"))
        }
        "training" => format!("training epoch {}", of("epoch", "epochs")),
        "snapshotting" => format!("gradients {}", of("checkpoint", "checkpoints")),
        phase => phase.to_owned(),
    })
}
