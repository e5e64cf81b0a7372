//! Posted batches of external runs in, records and gradient maps out.
//!
//! A batch holds rows of some examples: records at one epoch, or gradient maps at one checkpoint. It comes
//! as an Arrow IPC stream, an npz, an npy or cartography's JSON lines; all of them are read into one
//! [`Table`] of named columns. [`records`] and [`maps`] check a table against what the run and the dataset
//! are, and refuse it whole with a [`BatchError`] that names column and row.
//!
//! Whatever the bytes, nothing here panics, recurses without bound or allocates on a header's word.

mod arrow;
mod coverage;
mod error;
mod format;
#[doc(hidden)]
pub mod fuzz;
mod jsonl;
mod logits;
mod maps;
mod numpy;
mod records;
mod rows;
mod table;

pub use coverage::{Coverage, Flaw};
pub use error::{BatchError, Code};
pub use format::Format;
pub use maps::{MapBatch, maps};
pub use records::{Dataset, RecordBatch, records};
pub use rows::Rows;
pub use table::Table;

/// Bytes that the columns of one batch may take in memory together.
pub const BATCH_BYTES_MAX: usize = 512 << 20;
