//! Rankings and labels as files, written in pieces while their rows come.

mod cleanlab;
mod csv;
mod folder_moves;
mod json_lines;
mod label_studio;
mod labels;
mod parquet;
mod provenance;
mod spool;
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

use self::spool::{Disk, Spool};
use crate::problem::chain;
use ::parquet::errors::ParquetError;
use axum::body::Body;
use futures::{TryStreamExt as _, stream::BoxStream};
use std::{io, path::PathBuf, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use unearth_store::StoreError;

/// Where files are written until their clients have read them, and how many at once.
#[derive(Debug, Clone)]
pub struct Exports {
    disk: Disk,
    at_once: Arc<Semaphore>,
}

impl Exports {
    /// Files whose rows are read from the database at once, each over a connection of its own; more wait for their turn.
    const AT_ONCE: usize = 4;
    /// What may lie unread on disk, bytes: some forty rankings of a million examples.
    const UNREAD: usize = 4 << 30;

    /// What clients have not read yet lies in temporary files of this folder, which nobody else sees and which are gone with
    /// this process.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            disk: Disk::new(folder.into(), Self::UNREAD),
            at_once: Arc::new(Semaphore::new(Self::AT_ONCE)),
        }
    }
}

/// A file format. It is asked for the start once, for the rows piece by piece, then for the end.
pub(crate) trait Format: Send + 'static {
    /// What is written.
    type Row: Send;

    /// Rows in one piece: few more are held at once.
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

/// Some rows of a file.
pub(crate) type Piece<Row> = Result<Vec<Row>, StoreError>;

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
    /// The disk does not take what the client has not read yet, or does not give it back.
    #[error("what the client has not read yet cannot be kept in a temporary file")]
    Spool(#[source] io::Error),
    /// Clients leave too much unread, or the disk is nearly full.
    #[error(
        "clients have left so much unread that no more is kept for them, or the disk is nearly full; try again later"
    )]
    NoRoom,
    /// Whoever wrote the file ended before its end.
    #[error("the file was not written to its end")]
    Unfinished,
}

/// The file as a body. Where something goes wrong the transfer breaks, so that a part is never taken for
/// the whole.
///
/// It is written as fast as the database gives its rows, and what the client has not read yet lies in a spool: a client
/// that reads slowly keeps no connection.
pub(crate) fn body<F: Format>(
    exports: &Exports,
    pieces: BoxStream<'static, Piece<F::Row>>,
    format: F,
) -> Body {
    let (spool, unread) = spool::spool(exports.disk.clone());
    let at_once = Arc::clone(&exports.at_once);
    let writing = tokio::spawn(async move {
        let Ok(_place) = at_once.acquire_owned().await else {
            return;
        };
        write(spool, pieces, format).await;
    });
    let unread = unread.into_stream(AbortOnDropHandle::new(writing));
    Body::from_stream(unread.inspect_err(log_break))
}

async fn write<F: Format>(mut spool: Spool, pieces: BoxStream<'static, Piece<F::Row>>, format: F) {
    match write_all(&mut spool, pieces, format).await {
        Ok(()) => spool.end(),
        Err(error) => spool.fail(error),
    }
}

async fn write_all<F: Format>(
    spool: &mut Spool,
    mut pieces: BoxStream<'static, Piece<F::Row>>,
    mut format: F,
) -> Result<(), ExportError> {
    spool.write(format.start()).await?;
    while let Some(rows) = pieces.try_next().await? {
        spool.write(format.rows(rows)?).await?;
    }
    spool.write(format.end()?).await
}

/// Says in the log why a download broke off; the client sees a connection that ends early.
fn log_break(error: &ExportError) {
    tracing::error!(error = chain(error), "a file broke off");
}
