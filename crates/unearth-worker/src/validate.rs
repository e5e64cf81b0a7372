//! Uploads: validated, packed, stored.

use crate::{Worker, WorkerError, error::chain};
use serde_json::{Value, json};
use std::{ops::ControlFlow, sync::Arc};
use time::{Duration, OffsetDateTime};
use tokio::{io::AsyncRead, sync::watch, task::spawn_blocking};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument as _;
use unearth_dataset::{DatasetError, PackOptions, PackProgress, Packed};
use unearth_store::{
    StoreError,
    blobs::LocalBlob,
    datasets::{self, Claimed, Upload},
    examples::NewExample,
};

/// Attempts after which an upload that keeps failing for our own reasons is refused.
const ATTEMPTS_MAX: i32 = 3;

/// How long an upload waits for room on the disk, or for the blob store, before its user is told.
const OUTAGE_MAX: Duration = Duration::minutes(10);
/// How long after an outage another attempt begins.
const AFTER_OUTAGE: Duration = Duration::seconds(5);

/// Validates a claimed upload and ends it one way or another.
pub(crate) async fn dataset(worker: &Worker, claimed: &Claimed, leaving: &CancellationToken) {
    let span = tracing::info_span!("dataset", dataset = %claimed.id);
    async {
        if claimed.attempt > ATTEMPTS_MAX {
            // It never came to an end of its own: it kills the process, or runs out of memory.
            return end(worker, claimed, WorkerError::Panicked).await;
        }
        let (progress, seen) = watch::channel(None);
        let stop = CancellationToken::new();
        let _stop_on_return = stop.clone().drop_guard();
        // A task of its own: a run that is scored beside it may compute for longer than a beat.
        let beating = {
            let (worker, claimed) = (worker.clone(), claimed.clone());
            async move { keep(&worker, &claimed, seen).await }
        };
        let beating = AbortOnDropHandle::new(tokio::spawn(beating));
        let outcome = tokio::select! {
            biased;
            outcome = validated(worker, claimed, progress, &stop) => outcome,
            _ = beating => Err(StoreError::LeaseLost.into()),
            () = leaving.cancelled() => Err(WorkerError::Leaving),
        };
        // Of each image there was a name and more, some 0.4 KB.
        worker.trainer.return_freed_memory();
        match outcome {
            Ok(()) => {
                tracing::info!(name = claimed.name, "dataset is ready");
                if let Err(error) = worker.blobs.delete(&claimed.upload_blob).await {
                    tracing::warn!(error = %chain(&error), "the upload stays until the next clean-up");
                }
            }
            Err(error) => end(worker, claimed, error).await,
        }
    }
    .instrument(span)
    .await;
}

async fn validated(
    worker: &Worker,
    claimed: &Claimed,
    progress: watch::Sender<Option<PackProgress>>,
    stop: &CancellationToken,
) -> Result<(), WorkerError> {
    let options: PackOptions = serde_json::from_value(claimed.options.clone())
        .map_err(|error| WorkerError::Inconsistent(format!("options of the upload: {error}")))?;
    let folder = Arc::new(tempfile::tempdir_in(&worker.scratch).map_err(WorkerError::Scratch)?);
    let source = worker
        .blobs
        .local_file(&claimed.upload_blob, folder.path())
        .await?;
    let packed = packed(worker, source, options, &folder, progress, stop.clone()).await?;
    store(worker, claimed, &packed).await
}

/// Packs on a thread of its own. Source and folder live until that thread is done with them, also when
/// nobody waits any more.
async fn packed(
    worker: &Worker,
    source: LocalBlob,
    options: PackOptions,
    folder: &Arc<tempfile::TempDir>,
    progress: watch::Sender<Option<PackProgress>>,
    stop: CancellationToken,
) -> Result<Packed, WorkerError> {
    let folder = Arc::clone(folder);
    let limits = worker.limits.clone();
    let packed = spawn_blocking(move || {
        unearth_dataset::pack(
            source.path(),
            &options,
            &limits,
            folder.path(),
            &mut |step| {
                progress.send_replace(Some(step));
                if stop.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )
    })
    .await
    .map_err(|_| WorkerError::Panicked)??;
    Ok(packed)
}

async fn store(worker: &Worker, claimed: &Claimed, packed: &Packed) -> Result<(), WorkerError> {
    // The token in the key keeps two attempts from writing the same blob.
    let folder = format!("datasets/{}/{}", claimed.id, claimed.token);
    let pack_blob = format!("{folder}/pack.safetensors");
    put(worker, &pack_blob, &packed.pack).await?;
    let originals_blob = match &packed.originals {
        Some(file) => {
            let key = format!("{folder}/originals.bin");
            put(worker, &key, file).await?;
            Some(key)
        }
        None => None,
    };
    let row = datasets::Packed {
        content_hash: packed.content_hash.clone(),
        facts: packed.facts.clone(),
        class_names: packed.class_names.clone(),
        report: json!(packed.report),
        pack_blob: pack_blob.clone(),
        pack_offset: packed.pixels_offset as i64,
        originals_blob: originals_blob.clone(),
    };
    let examples = packed.examples.iter().map(|example| NewExample {
        key: &example.key,
        label: example.label,
        split: example.split.as_deref(),
        group: example.group.as_deref(),
        difficulty: example.difficulty,
        original: example
            .original
            .map(|original| (original.offset, original.length)),
        media_type: example.original.map(|original| original.media_type),
        text: example.text.as_deref(),
    });
    let stored = datasets::finish(
        &worker.db,
        claimed.id,
        claimed.token,
        &row,
        examples,
        (worker.now)(),
    )
    .await;
    if stored.as_ref().is_err_and(StoreError::is_nothing_written) {
        for key in [Some(pack_blob), originals_blob].into_iter().flatten() {
            worker.blobs.delete(&key).await?;
        }
    }
    Ok(stored?)
}

async fn put(worker: &Worker, key: &str, file: &std::path::Path) -> Result<(), WorkerError> {
    let mut file = tokio::fs::File::open(file)
        .await
        .map_err(WorkerError::Scratch)?;
    let reader: &mut (dyn AsyncRead + Unpin + Send) = &mut file;
    worker.blobs.put_stream(key, reader).await?;
    Ok(())
}

/// Renews the lease until it is lost.
async fn keep(worker: &Worker, claimed: &Claimed, progress: watch::Receiver<Option<PackProgress>>) {
    let mut beat = tokio::time::interval(std::time::Duration::from_secs(1));
    let mut expires_at = (worker.now)() + worker.lease;
    loop {
        beat.tick().await;
        let next = (worker.now)() + worker.lease;
        let latest = progress.borrow().map_or(
            json!({"phase": "unpack", "step": 0, "total": 0}),
            |step| json!({"phase": step.phase, "step": step.done, "total": step.total}),
        );
        match datasets::heartbeat(&worker.db, claimed.id, claimed.token, &latest, next).await {
            Ok(()) => expires_at = next,
            Err(StoreError::LeaseLost) => return,
            Err(_) if (worker.now)() >= expires_at => return,
            Err(error) => tracing::warn!(error = %chain(&error), "the lease could not be renewed"),
        }
    }
}

/// Ends an upload that did not become a dataset.
async fn end(worker: &Worker, claimed: &Claimed, error: WorkerError) {
    let now = (worker.now)();
    let reason = chain(&error);
    let problem = match &error {
        WorkerError::Dataset(error) if is_the_uploads_fault(error) => json!({
            "code": error.code(),
            "detail": reason,
            "hint": error.hint(),
            "bad_examples": error.bad_examples(),
        }),
        WorkerError::Store(StoreError::LeaseLost) => {
            tracing::warn!("the lease is lost; somebody else goes on");
            return;
        }
        WorkerError::Leaving => {
            tracing::warn!("validation is left to another worker");
            return postpone(worker, claimed, now, None).await;
        }
        error if error.is_outage() && is_bearable(claimed, now) => {
            tracing::error!(error = reason, "validation waits for what is away");
            return postpone(worker, claimed, now + AFTER_OUTAGE, Some(now)).await;
        }
        error if is_storage_full(error) => json!({
            "code": "storage-full",
            "detail": "the disk is full: the packed dataset does not fit beside what is stored already",
            "hint": "Make room in the data folder, or delete audits and datasets, and upload the file again.",
            "bad_examples": [],
        }),
        _ if claimed.attempt < ATTEMPTS_MAX => {
            // The lease runs out by itself, which is the back-off.
            tracing::error!(error = reason, "validation failed; it is tried again");
            return;
        }
        _ => json!({
            "code": "validation-failed",
            "detail": "the upload could not be validated for a reason of the server's own",
            "hint": "Look into the worker's log, mend it, and upload the file again.",
            "bad_examples": [],
        }),
    };
    tracing::info!(reason, "dataset is refused");
    // Bad examples can be skipped without a second upload.
    let upload = match error {
        WorkerError::Dataset(DatasetError::BadExamples { .. }) => Upload::Kept,
        _ => Upload::Dropped,
    };
    if let Err(error) = refuse(worker, claimed, &problem, upload).await {
        tracing::error!(error = %chain(&error), "the refusal could not be stored");
    }
}

/// Leaves an upload to whoever comes at `again_at` or later; the attempt does not count.
async fn postpone(
    worker: &Worker,
    claimed: &Claimed,
    again_at: OffsetDateTime,
    outage: Option<OffsetDateTime>,
) {
    if let Err(error) = datasets::postpone(&worker.db, claimed, again_at, outage).await {
        // The lease runs out by itself.
        tracing::error!(error = %chain(&error), "the end of the attempt could not be stored");
    }
}

/// Stores the refusal; the upload may go only when that is certain.
async fn refuse(
    worker: &Worker,
    claimed: &Claimed,
    problem: &Value,
    upload: Upload,
) -> Result<(), StoreError> {
    let now = (worker.now)();
    datasets::refuse(&worker.db, claimed.id, claimed.token, problem, upload, now).await?;
    match upload {
        Upload::Kept => Ok(()),
        Upload::Dropped => worker.blobs.delete(&claimed.upload_blob).await,
    }
}

/// Whether an outage has not lasted for too long yet.
fn is_bearable(claimed: &Claimed, now: OffsetDateTime) -> bool {
    claimed
        .outage_since
        .is_none_or(|since| now - since < OUTAGE_MAX)
}

fn is_storage_full(error: &WorkerError) -> bool {
    match error {
        WorkerError::Dataset(DatasetError::DiskFull) => true,
        WorkerError::Store(error) => error.is_storage_full(),
        _ => false,
    }
}

fn is_the_uploads_fault(error: &DatasetError) -> bool {
    !matches!(
        error,
        DatasetError::Unreadable { .. }
            | DatasetError::Unwritable(_)
            | DatasetError::DiskFull
            | DatasetError::Cancelled
    )
}
