//! What a training that still runs finds hardest so far.

use super::load;
use crate::{
    App,
    class_names::ClassNames,
    extract::{Path, Query},
    paging::PageSize,
    problem::Problem,
    view::provisional::{Hardest, Provisional, ProvisionalExample},
};
use axum::{Json, extract::State};
use futures::TryStreamExt as _;
use serde::Deserialize;
use std::{collections::BTreeMap, pin::pin};
use unearth_audit::{CHUNK_EXAMPLES, LogitSource};
use unearth_store::{StoreError, dynamics, examples, runs};
use utoipa::IntoParams;
use uuid::Uuid;

const PAGE: PageSize = PageSize {
    default: 20,
    max: 200,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProvisionalQuery {
    /// How many, at most 200; 20 by default.
    limit: Option<i64>,
}

/// Ranks the examples of an audit by what its training has recorded so far: the mean loss of the given label over
/// the finished epochs, as `mean_loss` will have it at the end.
///
/// It is there while the training runs, and changes with every epoch; before the first one has ended it is empty.
#[utoipa::path(
    get, path = "/v1/audits/{id}/provisional", tag = "rankings", security(("token" = ["viewer"])),
    params(("id" = Uuid, Path), ProvisionalQuery),
    responses((status = 200, body = Provisional))
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<ProvisionalQuery>,
) -> Result<Json<Provisional>, Problem> {
    let limit = PAGE.limit(query.limit)? as usize;
    let audit = load::audit(&app, id).await?;
    let dataset = load::dataset(&app, audit.dataset_id).await?;
    let so_far = match runs::source_of(&app.db, id).await? {
        Some((run, _)) => SoFar::read(&app, run, limit).await?,
        None => SoFar::default(),
    };

    let indices: Vec<i32> = so_far.hardest.iter().map(|it| it.index).collect();
    let rows = examples::of_indices(&app.db, dataset.id, &indices).await?;
    let mut rows: BTreeMap<i32, _> = rows.into_iter().map(|row| (row.index, row)).collect();
    let classes = ClassNames::known_to(&audit, &dataset);
    let ranked = so_far.hardest.into_iter().zip(1..);
    let items = ranked
        .filter_map(|(hard, rank)| Some((rows.remove(&hard.index)?, hard.mean_loss, rank)))
        .map(|(row, mean_loss, rank)| {
            ProvisionalExample::new(id, &dataset, classes, row, mean_loss, rank)
        });
    Ok(Json(Provisional {
        epochs: so_far.epochs,
        examples: so_far.examples,
        items: items.collect::<Result<_, StoreError>>()?,
    }))
}

/// What is recorded of a run.
#[derive(Default)]
struct SoFar {
    epochs: u32,
    examples: usize,
    hardest: Vec<Hardest>,
}

impl SoFar {
    /// Reads every loss once, and keeps no more than the hardest and one chunk's sums.
    async fn read(app: &App, run: i64, limit: usize) -> Result<Self, StoreError> {
        let mut so_far = Self::default();
        let mut chunk = ChunkSums::default();
        let mut losses = pin!(dynamics::losses(&app.db, run, LogitSource::InFlight));
        while let Some(next) = losses.try_next().await? {
            if next.chunk != chunk.number {
                so_far.take(&chunk, limit);
                chunk = ChunkSums::new(next.chunk);
            }
            so_far.epochs = so_far.epochs.max(next.epoch.unsigned_abs() + 1);
            chunk.add(&next.loss);
        }
        so_far.take(&chunk, limit);
        Ok(so_far)
    }

    fn take(&mut self, chunk: &ChunkSums, limit: usize) {
        let before = self.hardest.len();
        self.hardest.extend(chunk.means());
        self.examples += self.hardest.len() - before;
        self.hardest.sort_by(Hardest::first);
        self.hardest.truncate(limit);
    }
}

/// Losses of one chunk added up over the epochs.
#[derive(Default)]
struct ChunkSums {
    number: i32,
    /// Sum and count of each example.
    sums: Vec<(f64, u32)>,
}

impl ChunkSums {
    fn new(number: i32) -> Self {
        Self {
            number,
            sums: Vec::with_capacity(CHUNK_EXAMPLES),
        }
    }

    fn add(&mut self, losses: &[f32]) {
        self.sums
            .resize(self.sums.len().max(losses.len()), (0.0, 0));
        for (sum, &loss) in self.sums.iter_mut().zip(losses) {
            // Not a number where the example was not trained on.
            if !loss.is_nan() {
                *sum = (sum.0 + f64::from(loss), sum.1 + 1);
            }
        }
    }

    fn means(&self) -> impl Iterator<Item = Hardest> {
        let first = self.number * CHUNK_EXAMPLES as i32;
        (first..)
            .zip(&self.sums)
            .filter(|(_, (_, epochs))| *epochs > 0)
            .map(|(index, (sum, epochs))| Hardest {
                index,
                mean_loss: sum / f64::from(*epochs),
            })
    }
}
