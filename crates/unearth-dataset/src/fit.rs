//! The size of the packed images, and bringing an image to it.

use crate::decode::Pixels;
use image::{
    ImageBuffer, Luma, Pixel, Rgb,
    imageops::{self, FilterType},
};

/// Images of one size are packed as they are up to this side.
const NATIVE_MAX: u32 = 256;
/// Sides to choose from otherwise.
const SIDES: [u32; 5] = [32, 64, 96, 128, 224];

/// Chooses the height and width of the pack for images of these sizes (width, height), of which
/// there is at least one. `requested` is the option `image_size`.
pub(crate) fn choose(sizes: &[(u32, u32)], requested: Option<u32>) -> [usize; 2] {
    let square = |side: u32| [side as usize; 2];
    if let Some(side) = requested {
        return square(side);
    }
    let (width, height) = sizes[0];
    if width.max(height) <= NATIVE_MAX && sizes.iter().all(|size| *size == (width, height)) {
        return [height as usize, width as usize];
    }
    let mut shorter: Vec<u32> = sizes.iter().map(|(w, h)| *w.min(h)).collect();
    let middle = (shorter.len() - 1) / 2;
    let (_, median, _) = shorter.select_nth_unstable(middle);
    let largest = SIDES[SIDES.len() - 1];
    square(
        SIDES
            .into_iter()
            .find(|side| side >= median)
            .unwrap_or(largest),
    )
}

/// The image in the given size: itself if it has that size, else its centred square resized.
///
/// Cropping before resizing gives the same picture as the other way round, and an image of extreme
/// proportions needs no more memory.
pub(crate) fn fit(image: Pixels, [height, width]: [usize; 2]) -> Vec<u8> {
    if (image.height, image.width) == (height, width) {
        return image.bytes;
    }
    match image.channels {
        1 => resize::<Luma<u8>>(image, [height, width]),
        _ => resize::<Rgb<u8>>(image, [height, width]),
    }
}

fn resize<P: Pixel<Subpixel = u8> + 'static>(
    image: Pixels,
    [height, width]: [usize; 2],
) -> Vec<u8> {
    let image: ImageBuffer<P, Vec<u8>> =
        ImageBuffer::from_raw(image.width as u32, image.height as u32, image.bytes)
            .expect("an image has height × width × channels bytes");
    let side = image.width().min(image.height());
    let (left, top) = ((image.width() - side) / 2, (image.height() - side) / 2);
    let square = imageops::crop_imm(&image, left, top, side, side);
    imageops::resize(
        &*square,
        width as u32,
        height as u32,
        FilterType::CatmullRom,
    )
    .into_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_small_size_is_kept() {
        assert_eq!(choose(&[(30, 20); 3], None), [20, 30]);
        assert_eq!(choose(&[(256, 256)], None), [256, 256]);
    }

    #[test]
    fn other_sizes_go_to_the_side_not_below_the_median() {
        assert_eq!(choose(&[(40, 50), (60, 33), (500, 500)], None), [64, 64]);
        assert_eq!(choose(&[(257, 100); 2], None), [128, 128]);
        assert_eq!(choose(&[(4000, 3000)], None), [224, 224]);
        assert_eq!(choose(&[(10, 10), (11, 11)], None), [32, 32]);
        assert_eq!(choose(&[(10, 10)], Some(48)), [48, 48]);
    }

    #[test]
    fn resizing_takes_the_centred_square() {
        // Black left and right of a white square.
        let row = [[0; 4], [255; 4], [0; 4]].concat();
        let image = Pixels {
            width: 12,
            height: 4,
            channels: 1,
            bytes: row.repeat(4),
        };
        assert_eq!(fit(image, [8, 8]), vec![255; 64]);
    }

    #[test]
    fn shrinking_averages_instead_of_skipping() {
        let bytes = (0..64 * 64)
            .map(|i| if i % 2 == 0 { 0 } else { 255 })
            .collect();
        let image = Pixels {
            width: 64,
            height: 64,
            channels: 1,
            bytes,
        };
        assert!(
            fit(image, [8, 8])
                .iter()
                .all(|grey| (120..=135).contains(grey))
        );
    }
}
