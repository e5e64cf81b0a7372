//! How a pack is laid out: a safetensors file with `labels` (int32, `[n]`) before `pixels` (uint8,
//! `[n, height, width, channels]`).
//!
//! The number of examples is only known when the last image has been decoded, because bad ones may be
//! skipped, but safetensors has its header first and allows no gap. So room for the header and for
//! all candidates' labels is left free, pixels follow as they come, and at the end labels are written
//! right before the pixels and the header, padded with spaces as the format allows, before them.

use safetensors::{Dtype, SafeTensors};
use serde_json::json;
use std::ops::Range;
use unearth_audit::UNLABELLED;

/// Value of `format` in the metadata.
const FORMAT: &str = "unearth-pack-1";
/// Room for the length field and the header; the longest header has under 400 bytes.
const HEADER_ROOM: u64 = 1024;
/// Bytes of a label.
const LABEL_BYTES: u64 = 4;

/// Where things lie in a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) examples: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) classes: usize,
    pub(crate) content_hash: String,
    pub(crate) labels: Range<usize>,
    pub(crate) pixels: Range<usize>,
}

/// Offset of the first pixel in a pack of at most `candidates` examples.
pub(crate) fn pixels_offset(candidates: usize) -> u64 {
    HEADER_ROOM + LABEL_BYTES * candidates as u64
}

/// Everything before the pixels that begin at `pixels_offset`: length field, header, labels.
pub(crate) fn head(
    labels: &[i32],
    [height, width, channels]: [usize; 3],
    classes: usize,
    content_hash: &str,
    pixels_offset: u64,
) -> Vec<u8> {
    let label_bytes = LABEL_BYTES as usize * labels.len();
    let pixel_bytes = labels.len() * height * width * channels;
    let header = json!({
        "__metadata__": {
            "format": FORMAT,
            "classes": classes.to_string(),
            "content_hash": content_hash,
        },
        "labels": {
            "dtype": "I32",
            "shape": [labels.len()],
            "data_offsets": [0, label_bytes],
        },
        "pixels": {
            "dtype": "U8",
            "shape": [labels.len(), height, width, channels],
            "data_offsets": [label_bytes, label_bytes + pixel_bytes],
        },
    })
    .to_string();

    let labels_offset = pixels_offset as usize - label_bytes;
    let header_bytes = labels_offset - size_of::<u64>();
    let mut head = Vec::with_capacity(pixels_offset as usize);
    head.extend((header_bytes as u64).to_le_bytes());
    head.extend(header.as_bytes());
    head.resize(labels_offset, b' ');
    head.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
    head
}

/// Reads the layout of the pack `bytes`; every range it answers lies within them.
///
/// # Errors
/// One sentence saying what is wrong.
pub(crate) fn parse(bytes: &[u8]) -> Result<Layout, String> {
    let (header_bytes, header) =
        SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let data = size_of::<u64>() + header_bytes;
    if data + header.data_len() != bytes.len() {
        return Err("its length differs from what its header says".to_owned());
    }

    let metadata = header.metadata().as_ref();
    let field = |name: &str| {
        metadata
            .and_then(|fields| fields.get(name))
            .ok_or_else(|| format!("its header lacks `{name}`"))
    };
    if field("format")? != FORMAT {
        return Err(format!("its format is not `{FORMAT}`"));
    }
    let classes = field("classes")?
        .parse()
        .map_err(|_| "`classes` is not a number".to_owned())?;

    let tensor = |name: &str, dtype: Dtype| {
        header
            .info(name)
            .filter(|info| info.dtype == dtype)
            .ok_or_else(|| format!("it lacks the tensor `{name}`"))
    };
    let labels = tensor("labels", Dtype::I32)?;
    let pixels = tensor("pixels", Dtype::U8)?;
    let ([examples], &[rows, height, width, channels]) = (&labels.shape[..], &pixels.shape[..])
    else {
        return Err("its tensors have the wrong number of axes".to_owned());
    };
    if rows != *examples {
        return Err("it has not as many labels as images".to_owned());
    }
    let has_images = height > 0 && width > 0 && matches!(channels, 1 | 3);
    if rows == 0 || !(has_images || [height, width, channels] == [0; 3]) {
        return Err(format!("its images have the shape {:?}", &pixels.shape[..]));
    }
    let range = |(begin, end): (usize, usize)| data + begin..data + end;
    Ok(Layout {
        examples: rows,
        height,
        width,
        channels,
        classes,
        content_hash: field("content_hash")?.clone(),
        labels: range(labels.data_offsets),
        pixels: range(pixels.data_offsets),
    })
}

#[cfg(target_endian = "big")]
compile_error!("labels are read in place, and lie there with their lowest byte first");

/// The labels of the pack `bytes`, in place.
///
/// # Errors
/// One sentence naming the first label that is not below the number of classes, or that says that they do not lie
/// where they can be read.
pub(crate) fn labels<'b>(bytes: &'b [u8], layout: &Layout) -> Result<&'b [i32], String> {
    let labels: &[i32] = bytemuck::try_cast_slice(&bytes[layout.labels.clone()])
        .map_err(|error| format!("its labels cannot be read in place ({error})"))?;
    let valid = |label: &i32| match layout.classes {
        0 => *label == UNLABELLED,
        classes => usize::try_from(*label).is_ok_and(|label| label < classes),
    };
    match labels.iter().position(|label| !valid(label)) {
        Some(index) => Err(format!(
            "label {} of example {index} is not below {} classes",
            labels[index], layout.classes
        )),
        None => Ok(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(labels: &[i32], candidates: usize) -> Vec<u8> {
        let mut bytes = head(labels, [2, 3, 1], 4, "abc", pixels_offset(candidates));
        bytes.extend(std::iter::repeat_n(7, labels.len() * 6));
        bytes
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(labels in prop::collection::vec(0..4_i32, 1..40), skipped in 0..30_usize) {
            let bytes = written(&labels, labels.len() + skipped);
            let layout = parse(&bytes).unwrap();
            prop_assert_eq!(super::labels(&bytes, &layout).unwrap(), labels.clone());
            prop_assert_eq!(layout.pixels.start as u64, pixels_offset(labels.len() + skipped));
            prop_assert_eq!(layout.pixels.len(), labels.len() * 6);
            prop_assert_eq!(layout.labels.start % 4, 0);
        }

        #[test]
        fn mutated_packs_never_panic(at in 0..1100_usize, byte: u8, cut in 0..1100_usize) {
            let mut bytes = written(&[0, 1, 2, 3], 6);
            let last = bytes.len() - 1;
            bytes[at.min(last)] = byte;
            bytes.truncate(bytes.len().saturating_sub(cut / 8));
            if let Ok(layout) = parse(&bytes) {
                let _ = super::labels(&bytes, &layout);
                let _ = &bytes[layout.pixels];
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(&bytes).is_err());
        }
    }

    #[test]
    fn labels_out_of_range_are_named() {
        let bytes = written(&[0, 9], 2);
        let layout = parse(&bytes).unwrap();
        assert_eq!(
            super::labels(&bytes, &layout).unwrap_err(),
            "label 9 of example 1 is not below 4 classes"
        );
    }
}
