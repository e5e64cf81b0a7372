//! Batches on their way to the server.

use crate::client::{
    Client, answer,
    pace::Pace,
    patience::Patience,
    progress::{PhaseBar, Unit},
};
use anyhow::{Context as _, Result};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::Value;
use std::{collections::HashSet, time::Instant};

/// Puts batches to an external run; those that are there already are not sent again.
pub(crate) struct Posting<'c> {
    client: &'c Client,
    audit: String,
    there: HashSet<String>,
    bar: PhaseBar,
    pace: Pace,
    done: u64,
    total: u64,
}

impl<'c> Posting<'c> {
    /// Begins, or goes on where it was interrupted; `total` bytes are to be sent.
    pub(crate) async fn begin(client: &'c Client, audit: &str, total: u64) -> Result<Self> {
        let received: Value = client.get(&format!("/v1/audits/{audit}/received")).await?;
        Ok(Self {
            client,
            audit: audit.to_owned(),
            there: places(&received),
            bar: PhaseBar::begin("posting", Unit::Bytes),
            pace: Pace::default(),
            done: 0,
            total,
        })
    }

    /// Puts one batch; `first` is the index of its first row, where it does not say itself.
    pub(super) async fn put(
        &mut self,
        place: &str,
        first: Option<usize>,
        media_type: &str,
        body: Vec<u8>,
    ) -> Result<()> {
        let bytes = body.len() as u64;
        if !self.there.contains(place) {
            self.send(place, first, media_type, body)
                .await
                .with_context(|| format!("the batch {place} was not taken"))?;
        }
        self.done += bytes;
        let measured = self.pace.at(self.done, self.total, Instant::now());
        self.bar
            .set(self.done, self.total, Unit::Bytes.pace(measured));
        Ok(())
    }

    async fn send(
        &self,
        place: &str,
        first: Option<usize>,
        media_type: &str,
        body: Vec<u8>,
    ) -> Result<()> {
        let path = format!("/v1/audits/{}/{place}", self.audit);
        let body = bytes::Bytes::from(body);
        let mut patience = Patience::begin();
        loop {
            let request = self
                .client
                .request(Method::PUT, &path)
                .header(CONTENT_TYPE, media_type)
                .query(&first.map(|first| [("first", first)]))
                .body(body.clone());
            let sent = async { answer::<Value>(request.send().await?).await };
            match sent.await {
                Ok(_) => return Ok(()),
                Err(error) => patience.wait(error, |line| self.bar.say(line)).await?,
            }
        }
    }

    /// Ends the phase.
    pub(crate) fn end(self) {
        self.bar.end(&format!("{:.1} MB", self.done as f64 / 1e6));
    }
}

/// The address of each batch that is there.
fn places(received: &Value) -> HashSet<String> {
    let of = |kind: &'static str, position: &'static str| {
        let positions = received[kind].as_array().into_iter().flatten();
        positions.flat_map(move |one| {
            let chunks = one["chunks"].as_array().into_iter().flatten();
            chunks.map(move |chunk| format!("{kind}/{}/{}", one[position], chunk["chunk"]))
        })
    };
    of("records", "epoch")
        .chain(of("gradients", "checkpoint"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn batches_that_are_there_are_known_by_their_address() {
        let received = json!({
            "records": [{"epoch": 2, "chunks": [{"chunk": 0}, {"chunk": 7}]}],
            "gradients": [{"checkpoint": 0, "chunks": [{"chunk": 1}]}],
        });
        let mut found: Vec<String> = places(&received).into_iter().collect();
        found.sort();
        assert_eq!(found, ["gradients/0/1", "records/2/0", "records/2/7"]);
    }
}
