//! Encoded images in, 8-bit grey or RGB pixels out.

use crate::Limits;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits as DecoderLimits,
    metadata::Orientation,
};
use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Bytes that a decoder may allocate for each pixel: four channels of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;
/// What a decoder may allocate besides.
const DECODER_OVERHEAD: u64 = 64 << 20;

/// What the header of an image says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImageFacts {
    /// Width after the EXIF orientation, in pixels.
    pub(crate) width: u32,
    /// Height after the EXIF orientation, in pixels.
    pub(crate) height: u32,
    /// Whether it is stored without colour.
    pub(crate) is_grey: bool,
    pub(crate) media_type: &'static str,
}

/// An image without alpha, `[height, width, channels]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
    pub(crate) bytes: Vec<u8>,
}

/// The format of a file that begins with `first`, if it is one that is read.
pub(crate) fn readable_format(first: &[u8]) -> Option<ImageFormat> {
    image::guess_format(first).ok().filter(|format| {
        matches!(
            format,
            ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP
        )
    })
}

/// Reads the header of an image, without decoding it.
///
/// # Errors
/// Why it cannot be used, as part of a sentence.
pub(crate) fn inspect(bytes: &[u8], limits: &Limits) -> Result<ImageFacts, String> {
    guarded(|| {
        let format = format_of(bytes)?;
        let mut decoder = decoder(bytes, format, limits)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels > limits.image_pixels {
            return Err(format!(
                "has {width}×{height} pixels, which exceeds the limit `image_pixels` of {}",
                limits.image_pixels
            ));
        }
        let (width, height) = if swaps_axes(orientation(&mut decoder)) {
            (height, width)
        } else {
            (width, height)
        };
        Ok(ImageFacts {
            width,
            height,
            is_grey: !decoder.color_type().has_color(),
            media_type: format.to_mime_type(),
        })
    })
}

/// Decodes an image that [`inspect`] let pass.
///
/// # Errors
/// Why it cannot be used, as part of a sentence.
pub(crate) fn decode(bytes: &[u8], channels: usize, limits: &Limits) -> Result<Pixels, String> {
    guarded(|| {
        let format = format_of(bytes)?;
        if format == ImageFormat::Jpeg && !jpeg_has_end(bytes) {
            return Err("is truncated".to_owned());
        }
        let mut decoder = decoder(bytes, format, limits)?;
        let orientation = orientation(&mut decoder);
        let mut image =
            DynamicImage::from_decoder(decoder).map_err(|error| reason(bytes, format, &error))?;
        image.apply_orientation(orientation);
        Ok(Pixels {
            width: image.width() as usize,
            height: image.height() as usize,
            channels,
            bytes: opaque(image, channels),
        })
    })
}

/// Runs a decoder on foreign bytes; a bug in it costs the image, not the process.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("cannot be decoded: the decoder failed on it".to_owned()))
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, String> {
    if bytes.is_empty() {
        return Err("is empty".to_owned());
    }
    readable_format(bytes).ok_or_else(|| "is not a PNG, JPEG or WebP image".to_owned())
}

fn decoder<'a>(
    bytes: &'a [u8],
    format: ImageFormat,
    limits: &Limits,
) -> Result<impl ImageDecoder + 'a, String> {
    let mut bounds = DecoderLimits::default();
    let pixels = limits.image_pixels.saturating_mul(BYTES_PER_PIXEL);
    bounds.max_alloc = Some(pixels.saturating_add(DECODER_OVERHEAD));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(bounds);
    reader
        .into_decoder()
        .map_err(|error| reason(bytes, format, &error))
}

/// The orientation; a broken EXIF block is as good as none.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn swaps_axes(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// The image in 8 bits, transparent pixels laid over white.
fn opaque(image: DynamicImage, channels: usize) -> Vec<u8> {
    match (channels, image.color().has_alpha()) {
        (1, false) => image.into_luma8().into_raw(),
        (1, true) => over_white::<1, 2>(&image.into_luma_alpha8()),
        (_, false) => image.into_rgb8().into_raw(),
        (_, true) => over_white::<3, 4>(&image.into_rgba8()),
    }
}

/// `colour × alpha + white × (1 − alpha)`, rounded. `M` is `N` and the alpha channel.
fn over_white<const N: usize, const M: usize>(samples: &[u8]) -> Vec<u8> {
    let mut opaque = Vec::with_capacity(samples.len() / M * N);
    for pixel in samples.as_chunks::<M>().0 {
        let alpha = u32::from(pixel[N]);
        opaque.extend(pixel[..N].iter().map(|sample| {
            let sum = u32::from(*sample) * alpha + 255 * (255 - alpha);
            ((sum + 127) / 255) as u8
        }));
    }
    opaque
}

/// Whether the JPEG goes on to its end marker. The decoder fills what is missing with grey.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    /// Markers without a length: stuffed zero, TEM, restarts, start of image.
    const BARE: [std::ops::RangeInclusive<u8>; 3] = [0x00..=0x01, 0xd0..=0xd8, 0xff..=0xff];
    let mut rest = bytes;
    loop {
        let Some(at) = rest.iter().position(|byte| *byte == 0xff) else {
            return false;
        };
        rest = match rest[at..] {
            [_, END, ..] => return true,
            // The next 0xff may begin a marker itself.
            [_, 0xff, ..] => &rest[at + 1..],
            [_, marker, ..] if BARE.iter().any(|bare| bare.contains(&marker)) => &rest[at + 2..],
            [_, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                match rest.get(at + 2 + length..) {
                    Some(rest) => rest,
                    None => return false,
                }
            }
            _ => return false,
        };
    }
}

fn reason(bytes: &[u8], format: ImageFormat, error: &image::ImageError) -> String {
    use std::io::ErrorKind;
    let cut = match error {
        image::ImageError::IoError(error) => error.kind() == ErrorKind::UnexpectedEof,
        image::ImageError::Decoding(_) => format == ImageFormat::WebP && webp_is_short(bytes),
        image::ImageError::Limits(_) => {
            return "needs more memory to decode than the limit `image_pixels` allows".to_owned();
        }
        _ => false,
    };
    if cut {
        "is truncated".to_owned()
    } else {
        format!("cannot be decoded: {error}")
    }
}

/// Whether the RIFF header promises more bytes than there are.
fn webp_is_short(bytes: &[u8]) -> bool {
    let size = bytes.get(4..8).and_then(|size| size.try_into().ok());
    size.is_some_and(|size| u64::from(u32::from_le_bytes(size)) + 8 > bytes.len() as u64)
}
