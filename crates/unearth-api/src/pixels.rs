//! Pixels as PNG files.

use crate::problem::Problem;
use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

/// Encodes grey (1) or RGB (3) pixels, `[height, width, channels]`, as a PNG.
pub(crate) fn png(
    height: usize,
    width: usize,
    channels: usize,
    pixels: &[u8],
) -> Result<Vec<u8>, Problem> {
    let colour = if channels == 1 {
        ExtendedColorType::L8
    } else {
        ExtendedColorType::Rgb8
    };
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(pixels, width as u32, height as u32, colour)
        .map_err(Problem::internal)?;
    Ok(file)
}
