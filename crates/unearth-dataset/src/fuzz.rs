//! The parsers of foreign bytes, for fuzzing. Not part of the API.

use crate::{
    Limits,
    archive::{FileWindow, Members},
    decode,
    format::{idx, manifest, table},
    pack::layout,
};
use std::{io::Write as _, ops::ControlFlow};
use unearth_audit::PackOptions;

/// Lists the members of a zip or tar and reads them.
pub fn archive(bytes: &[u8]) {
    let limits = Limits {
        unpacked_bytes: 1 << 20,
        ..Limits::default()
    };
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room for a temporary file");
    let window = FileWindow::whole(file).expect("a temporary file has metadata");
    for members in [
        Members::open_zip(&window, &limits),
        Members::open_tar(window, &limits),
    ]
    .into_iter()
    .flatten()
    {
        for member in members.list() {
            let _ = members.read(member);
        }
    }
}

/// Packs a whole upload, whatever it is.
pub fn upload(bytes: &[u8]) {
    let limits = Limits {
        unpacked_bytes: 1 << 20,
        members: 100,
        examples: 1_000,
        image_pixels: 1 << 16,
        image_bytes: 1 << 18,
        manifest_bytes: 1 << 18,
        pack_bytes: 1 << 20,
        ..Limits::default()
    };
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("upload");
    std::fs::write(&path, bytes).expect("room for a temporary file");
    let _ = crate::pack(
        &path,
        &PackOptions::default(),
        &limits,
        place.path(),
        &mut |_| ControlFlow::Continue(()),
    );
}

/// Reads an IDX images header and an IDX labels file.
pub fn idx(bytes: &[u8]) {
    let limits = Limits {
        examples: 10_000,
        ..Limits::default()
    };
    let _ = idx::parse_images_header("file", &mut &*bytes);
    let _ = idx::parse_labels("file", &mut &*bytes, &limits);
}

/// Reads an npy header.
pub fn npy(bytes: &[u8]) {
    let _ = unearth_npy::Header::parse(&mut &*bytes);
}

/// Reads a CSV manifest.
pub fn manifest(bytes: &[u8]) {
    let _ = manifest::parse("manifest.csv", bytes, "label");
}

/// Reads a CSV table.
pub fn table(bytes: &[u8]) {
    let _ = table::parse(bytes, "label");
}

/// Inspects and decodes an image.
pub fn image(bytes: &[u8]) {
    let limits = Limits {
        image_pixels: 1 << 20,
        ..Limits::default()
    };
    if decode::inspect(bytes, &limits).is_ok() {
        let _ = decode::decode(bytes, 3, &limits);
    }
}

/// Reads the layout and the labels of a pack.
pub fn pack(bytes: &[u8]) {
    if let Ok(layout) = layout::parse(bytes) {
        let _ = layout::labels(bytes, &layout);
    }
}
