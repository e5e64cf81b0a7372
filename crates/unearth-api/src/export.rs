//! Rankings and labels as files, written in pieces while their rows come.

mod cleanlab;
mod csv;
mod folder_moves;
mod json_lines;
mod label_studio;
mod labels;
mod parquet;
mod provenance;
mod table;

pub(crate) use self::{
    cleanlab::Cleanlab,
    csv::{Csv, Text},
    folder_moves::{FolderMoves, NotInClassFolder},
    json_lines::JsonLines,
    label_studio::LabelStudio,
    labels::Labels,
    parquet::Parquet,
    provenance::Provenance,
    table::Table,
};

use crate::problem::chain;
use ::parquet::errors::ParquetError;
use axum::body::Body;
use futures::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream, TryChunksError},
};
use unearth_store::StoreError;

/// A file format. It is asked for the start once, for the rows piece by piece, then for the end.
pub(crate) trait Format: Send + 'static {
    /// What is written.
    type Row: Send;

    /// Rows in one piece: no more are held at once.
    const ROWS: usize;

    /// What stands before the rows.
    fn start(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// One piece of rows.
    fn rows(&mut self, rows: Vec<Self::Row>) -> Result<Vec<u8>, ExportError>;

    /// What stands behind them.
    fn end(self) -> Result<Vec<u8>, ExportError>
    where
        Self: Sized,
    {
        Ok(Vec::new())
    }
}

/// Why a file broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// The rows could not be read to their end.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rows could not be written as Parquet.
    #[error("the rows could not be written as Parquet")]
    Parquet(#[from] ParquetError),
    /// A row could not be written as JSON.
    #[error("a row could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// The file as a body. Where something goes wrong the transfer breaks, so that a part is never taken for
/// the whole.
pub(crate) fn body<F: Format>(
    rows: BoxStream<'static, Result<F::Row, StoreError>>,
    mut format: F,
) -> Body {
    let start = format.start();
    let pieces = rows
        .try_chunks(F::ROWS)
        .map_err(|TryChunksError(_, error)| ExportError::from(error));
    let pieces = stream::try_unfold(Some((format, pieces)), |state| async {
        let Some((mut format, mut pieces)) = state else {
            return Ok(None);
        };
        Ok(Some(match pieces.try_next().await? {
            Some(rows) => (format.rows(rows)?, Some((format, pieces))),
            None => (format.end()?, None),
        }))
    });
    let start = stream::once(async { Ok(start) });
    Body::from_stream(start.chain(pieces).inspect_err(log_break))
}

/// Says in the log why a download broke off; the client sees a connection that ends early.
fn log_break(error: &ExportError) {
    tracing::error!(error = chain(error), "a file broke off");
}
