//! How much an upload may ask of the machine.

use serde::{Deserialize, Serialize};

/// Bounds on what one upload may unpack to and decode to.
///
/// They are enforced while reading, never by trusting what a header declares. An error about one of
/// them names the field, so that whoever runs the service knows which setting to raise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes that all members of an archive may unpack to together. Default 32 GiB.
    pub unpacked_bytes: u64,
    /// How many times larger than the archive its members may be together. Counts only once they
    /// exceed 16 MiB, because small files of few colours compress very well. Default 200.
    pub unpacked_ratio: u64,
    /// Members of an archive, or files below a directory. Default 5,000,000.
    pub members: u64,
    /// Examples of a dataset. Default 5,000,000.
    pub examples: u64,
    /// Pixels (width × height) of one image, checked in its header before it is decoded.
    /// Default 50,000,000; decoding one image takes up to 8 bytes for each, on every thread.
    pub image_pixels: u64,
    /// Bytes of one encoded image file. Default 64 MiB.
    pub image_bytes: u64,
    /// Bytes of the CSV manifest. Default 1 GiB.
    pub manifest_bytes: u64,
    /// Bytes of the pack: examples × height × width × channels. Default 32 GiB.
    pub pack_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked_bytes: 32 << 30,
            unpacked_ratio: 200,
            members: 5_000_000,
            examples: 5_000_000,
            image_pixels: 50_000_000,
            image_bytes: 64 << 20,
            manifest_bytes: 1 << 30,
            pack_bytes: 32 << 30,
        }
    }
}
