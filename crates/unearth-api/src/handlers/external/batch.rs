//! From the body of a request to checked rows.

use super::row_space::RowSpace;
use crate::{
    App,
    problem::{self, Kind, Problem},
    upload,
};
use axum::{extract::Request, http::header};
use tokio::sync::Semaphore;
use unearth_audit::{ExternalRun, FieldError};
use unearth_external::{BatchError, Code, Dataset, Format, MapBatch, RecordBatch, Rows, Table};

/// Batches that are held in memory at a time; the next ones wait in their connections.
static IN_MEMORY: Semaphore = Semaphore::const_new(4);

/// A batch that was read, and which examples its rows are.
pub(super) struct Posted {
    /// BLAKE3 of what was posted and of how it is read.
    pub(super) content_hash: [u8; 32],
    rows: RowSpace,
    table: Table,
    indices: Vec<u32>,
    // Held until the batch is checked.
    _turn: tokio::sync::SemaphorePermit<'static>,
}

impl Posted {
    /// Takes the body and reads it, of which the rows are some of `space`.
    pub(super) async fn receive(
        app: &App,
        space: RowSpace,
        first: Option<u64>,
        request: Request,
    ) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let format = parts.headers.get(header::CONTENT_TYPE);
        let format = format.and_then(|value| value.to_str().ok());
        let format = format_of(format)?;
        let turn = IN_MEMORY.acquire().await.map_err(Problem::internal)?;
        let bytes = upload::in_memory(app, &parts.headers, body, app.limits.batch_bytes).await?;
        let content_hash = content_hash(format, first, &bytes);
        let count = space.len();
        let (table, rows) = computed(move || {
            let table = format.read(&bytes)?;
            let rows = Rows::of(&table, first, count)?;
            Ok((table, rows))
        })
        .await?;
        Ok(Self {
            content_hash,
            indices: indices(app, &space, rows).await?,
            rows: space,
            table,
            _turn: turn,
        })
    }

    /// Checks it as records.
    pub(super) async fn records(
        self,
        app: &App,
        run: &ExternalRun,
    ) -> Result<RecordBatch, Problem> {
        let labels = if Dataset::needs_labels(&self.table) {
            self.rows.labels(app, &self.indices).await?
        } else {
            Vec::new()
        };
        let class_labels = run.class_labels.clone();
        computed(move || {
            let dataset = Dataset {
                labels: &labels,
                class_labels: &class_labels,
            };
            unearth_external::records(&self.table, &self.indices, dataset)
        })
        .await
    }

    /// Checks it as gradient maps.
    pub(super) async fn maps(self, _: &App, run: &ExternalRun) -> Result<MapBatch, Problem> {
        let (height, width) = (run.map_height as usize, run.map_width as usize);
        computed(move || unearth_external::maps(&self.table, &self.indices, height, width)).await
    }
}

/// Reading and checking take the processor for a while.
async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BatchError> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(Problem::internal)?.map_err(refusal)
}

fn format_of(media_type: Option<&str>) -> Result<Format, Problem> {
    let known = Format::ALL.map(|(_, media_type)| media_type).join(", ");
    media_type.and_then(Format::of_media_type).ok_or_else(|| {
        let detail = match media_type {
            None => "the request has no Content-Type".to_owned(),
            Some(media_type) => format!("the Content-Type is `{}`", media_type.escape_debug()),
        };
        Problem::new(&problem::BATCH_MEDIA_TYPE, detail).hint(format!("these are read: {known}"))
    })
}

fn content_hash(format: Format, first: Option<u64>, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{format:?} {first:?}\n").as_bytes());
    hasher.update(bytes);
    *hasher.finalize().as_bytes()
}

/// The rows by index.
async fn indices(app: &App, space: &RowSpace, rows: Rows) -> Result<Vec<u32>, Problem> {
    let keys = match rows {
        Rows::Indices(indices) => return Ok(indices),
        Rows::Keys(keys) => keys,
    };
    // A key with a NUL character is none, and Postgres would not take it.
    let nul = keys.iter().position(|key| key.contains('\0'));
    if let Some(row) = nul {
        return Err(refusal(Rows::unknown_key(&keys[row], row)));
    }
    let known = space.by_key(app, &keys).await?;
    let index = |(row, key): (usize, &String)| {
        let index = known.get(key).copied();
        index.ok_or_else(|| refusal(Rows::unknown_key(key, row)))
    };
    keys.iter().enumerate().map(index).collect()
}

/// A refused batch as a problem of the request.
fn refusal(error: BatchError) -> Problem {
    let place = match (&error.column, error.row) {
        (Some(column), Some(row)) => Some(format!("{column}[{row}]")),
        (Some(column), None) => Some(column.clone()),
        (None, Some(row)) => Some(format!("[{row}]")),
        (None, None) => None,
    };
    let problem = Problem::new(kind(error.code), error.to_string());
    let problem = match place {
        Some(field) => problem.errors(vec![FieldError::new(field, error.detail)]),
        None => problem,
    };
    match error.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

fn kind(code: Code) -> &'static Kind {
    match code {
        Code::Unreadable => &problem::BATCH_UNREADABLE,
        Code::TooLarge => &problem::BATCH_TOO_LARGE,
        Code::Empty => &problem::BATCH_EMPTY,
        Code::MissingColumn => &problem::COLUMN_MISSING,
        Code::UnknownColumn => &problem::COLUMN_UNKNOWN,
        Code::WrongColumn => &problem::COLUMN_WRONG,
        Code::UnknownExample => &problem::EXAMPLE_UNKNOWN,
        Code::DuplicateExample => &problem::EXAMPLE_DUPLICATE,
        Code::NotFinite => &problem::VALUE_NOT_FINITE,
        Code::OutOfRange => &problem::VALUE_OUT_OF_RANGE,
        Code::UnknownClass => &problem::CLASS_UNKNOWN,
        Code::LabelMismatch => &problem::LABEL_MISMATCH,
    }
}
