//! Whole uploads, good and bad, made on the spot and packed for real.

#![expect(
    clippy::unwrap_used,
    reason = "a failed set-up fails the test with the place of the unwrap"
)]

mod archives;
mod containers;
mod foreign_bytes;
mod idx;
mod image_folder;
mod images;
mod label_file;
mod manifest;
mod npz;
mod npz_copy;
mod real_data;
mod table;
mod upload;
