//! What a file is, by its name or its first bytes.

use crate::{
    DatasetError,
    archive::{Member, Members, read_full},
};

/// Extensions of images that are read.
const IMAGES: [&str; 6] = ["png", "jpg", "jpeg", "jpe", "jfif", "webp"];
/// Extensions of images that are not.
const OTHER_IMAGES: [&str; 12] = [
    "avif", "bmp", "dcm", "gif", "heic", "heif", "jp2", "jxl", "pgm", "ppm", "tif", "tiff",
];

/// What a file means to an image dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A PNG, JPEG or WebP image, at least by name.
    Image,
    /// An image of a format that is not read.
    OtherImage,
}

impl Kind {
    /// What the name says.
    pub(super) fn by_extension(name: &str) -> Option<Self> {
        let is_one_of = |known: &[&str]| known.iter().any(|known| has_extension(name, known));
        if is_one_of(&IMAGES) {
            Some(Self::Image)
        } else if is_one_of(&OTHER_IMAGES) {
            Some(Self::OtherImage)
        } else {
            None
        }
    }

    /// What the name says, or else the content.
    pub(super) fn of(members: &Members, member: &Member) -> Option<Self> {
        if let Some(kind) = Self::by_extension(&member.name) {
            return Some(kind);
        }
        let mut first = [0; 16];
        let filled = members.stream(member, |reader| {
            read_full(reader, &mut first).map_err(|error| DatasetError::read(&member.name, error))
        });
        // Whether a file that is no image can be read to its end does not matter here.
        let first = &first[..filled.unwrap_or(0)];
        let is_image = crate::decode::readable_format(first).is_some();
        is_image.then_some(Self::Image)
    }
}

/// Whether the name ends in `.extension`, in any case.
pub(super) fn has_extension(name: &str, extension: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.')
        .is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}
