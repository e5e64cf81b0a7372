//! What becomes of each kind of image.

use crate::upload::{Outcome, Upload, encode, grey_png, noisy, pack_path, rgb, skip};
use image::{
    ExtendedColorType, GrayAlphaImage, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Luma,
    LumaA, Rgb, RgbImage, Rgba, RgbaImage, codecs::png::PngEncoder,
};
use unearth_dataset::{Limits, PackOptions};

const CMYK: &[u8] = include_bytes!("../fixtures/cmyk.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../fixtures/progressive.jpg");

/// Packs `image` beside a partner of another class; it has the index 0.
fn packed_beside(image: impl Into<Vec<u8>>, partner: impl Into<Vec<u8>>) -> Outcome {
    Upload::default()
        .with("a/image", image)
        .with("b/partner", partner)
        .pack()
}

fn assert_close(found: &[u8], wanted: [u8; 3]) {
    assert_eq!(found.len() % 3, 0);
    for pixel in found.chunks(3) {
        let far = pixel.iter().zip(wanted).any(|(a, b)| a.abs_diff(b) > 6);
        assert!(!far, "{pixel:?} instead of {wanted:?}");
    }
}

#[test]
fn grey_stays_one_channel_only_if_all_are_grey() {
    let grey = packed_beside(grey_png(4, 4, 77), grey_png(4, 4, 1));
    assert_eq!(grey.opened().channels(), 1);
    assert_eq!(grey.opened().image(0).unwrap(), [77; 16]);

    let mixed = packed_beside(grey_png(4, 4, 77), rgb(4, 4, [1, 2, 3], ImageFormat::Png));
    assert_eq!(mixed.opened().channels(), 3);
    assert_eq!(mixed.opened().image(0).unwrap(), [77; 48]);
    assert_eq!(mixed.opened().image(1).unwrap(), [1, 2, 3].repeat(16));
}

#[test]
fn png_jpeg_and_webp_are_told_by_content() {
    for (format, media_type) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let colour = [200, 40, 90];
        let outcome = packed_beside(rgb(16, 16, colour, format), grey_png(16, 16, 0));
        let example = &outcome.packed().examples[0];
        assert_eq!(example.original.unwrap().media_type, media_type);
        assert_close(outcome.opened().image(0).unwrap(), colour);
    }
}

#[test]
fn alpha_is_laid_over_white() {
    let colour = RgbaImage::from_fn(4, 4, |x, _| {
        Rgba([100, 0, 200, [0, 51, 255, 255][x as usize]])
    });
    let outcome = packed_beside(encode(colour, ImageFormat::Png), grey_png(4, 4, 0));
    assert_eq!(
        outcome.opened().image(0).unwrap()[..12],
        [255, 255, 255, 224, 204, 244, 100, 0, 200, 100, 0, 200]
    );
    let grey = GrayAlphaImage::from_pixel(4, 4, LumaA([100, 51]));
    let outcome = packed_beside(encode(grey, ImageFormat::Png), grey_png(4, 4, 0));
    assert_eq!(outcome.opened().channels(), 1);
    assert_eq!(outcome.opened().image(0).unwrap(), [224; 16]);
}

#[test]
fn sixteen_bits_are_scaled_to_eight() {
    let image = ImageBuffer::<Luma<u16>, Vec<u16>>::from_fn(4, 4, |x, _| {
        Luma([[0, 257 * 10, 257 * 128, 65_535][x as usize]])
    });
    let outcome = packed_beside(encode(image, ImageFormat::Png), grey_png(4, 4, 0));
    assert_eq!(outcome.opened().image(0).unwrap()[..4], [0, 10, 128, 255]);
}

#[test]
fn cmyk_is_converted() {
    // The left half is magenta and yellow ink, that is red; the right half is cyan ink.
    let outcome = packed_beside(CMYK, rgb(16, 8, [0, 0, 0], ImageFormat::Png));
    let pack = outcome.opened();
    let image = pack.image(0).unwrap();
    assert_close(&image[..3 * 6], [255, 0, 0]);
    assert_close(&image[3 * 10..3 * 16], [0, 255, 255]);
}

#[test]
fn progressive_jpeg_is_read_to_its_end() {
    let outcome = packed_beside(PROGRESSIVE, rgb(16, 16, [0, 0, 0], ImageFormat::Png));
    assert_close(outcome.opened().image(0).unwrap(), [10, 200, 30]);
}

/// A JPEG with an EXIF block that holds nothing but the orientation.
fn oriented_jpeg(orientation: u8) -> Vec<u8> {
    // White above black, 16 wide and 32 high.
    let image = RgbImage::from_fn(16, 32, |_, y| Rgb([if y < 16 { 255 } else { 0 }; 3]));
    let jpeg = encode(image, ImageFormat::Jpeg);
    let tiff = [
        b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let exif = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn exif_orientation_is_applied() {
    // 6: the camera was turned; the picture is shown rotated by 90° clockwise.
    let outcome = packed_beside(oriented_jpeg(6), rgb(32, 16, [9; 3], ImageFormat::Png));
    let pack = outcome.opened();
    assert_eq!((pack.height(), pack.width()), (16, 32));
    let example = &outcome.packed().examples[0];
    assert_eq!((example.width, example.height), (32, 16));
    let image = pack.image(0).unwrap();
    assert!(
        image[0] < 10 && image[3 * 31] > 245,
        "top went to the right"
    );

    // 3: upside down.
    let outcome = packed_beside(oriented_jpeg(3), rgb(16, 32, [9; 3], ImageFormat::Png));
    assert!(outcome.opened().image(0).unwrap()[0] < 10);
}

#[test]
fn truncated_images_of_every_format_are_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = noisy(format);
        for share in [3, 5, 9] {
            let cut = &whole[..whole.len() * share / 10];
            let error = packed_beside(cut, whole.clone()).refusal();
            let [bad] = error.bad_examples() else {
                panic!("{format:?} {share}: {error}");
            };
            assert_eq!(
                (&bad.name[..], &bad.reason[..]),
                ("a/image", "is truncated"),
                "{format:?}"
            );
        }
        assert_eq!(
            packed_beside(whole.clone(), whole).packed().facts.examples,
            2
        );
    }
}

#[test]
fn a_jpeg_without_its_end_is_truncated() {
    let whole = noisy(ImageFormat::Jpeg);
    let error = packed_beside(&whole[..whole.len() - 2], whole.clone()).refusal();
    assert_eq!(error.bad_examples()[0].reason, "is truncated");
    // Bytes after the end, as cameras and messengers leave them, do no harm.
    let trailing = [&whole[..], b"trailing"].concat();
    assert_eq!(packed_beside(trailing, whole).packed().facts.examples, 2);
}

#[test]
fn decompression_bombs_are_refused_by_their_header() {
    // 60,000 × 60,000 grey pixels, all black, in a few kilobytes.
    let mut bomb = grey_png(4, 4, 0);
    bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let checksum = flate2_crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = packed_beside(bomb, grey_png(4, 4, 0)).refusal();
    assert_eq!(
        error.bad_examples()[0].reason,
        "has 60000×60000 pixels, which exceeds the limit `image_pixels` of 50000000"
    );
}

fn flate2_crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn large_files_are_refused_by_size() {
    let limits = Limits {
        image_bytes: 100,
        ..Limits::default()
    };
    let (_place, path) = Upload::cats_and_dogs()
        .with("cat/3.png", vec![0; 101])
        .directory();
    let error = pack_path(&path, &PackOptions::default(), &limits).refusal();
    assert_eq!(
        error.bad_examples()[0].reason,
        "has 101 bytes, which exceeds the limit `image_bytes` of 100"
    );
}

#[test]
fn images_of_different_sizes_are_resized() {
    let outcome = packed_beside(grey_png(40, 50, 7), grey_png(45, 90, 8));
    let pack = outcome.opened();
    assert_eq!((pack.height(), pack.width()), (64, 64));
    assert_eq!(pack.image(0).unwrap(), [7; 64 * 64]);
    let example = &outcome.packed().examples[1];
    assert_eq!((example.width, example.height), (45, 90));
}

#[test]
fn the_side_can_be_asked_for() {
    let options = PackOptions {
        image_size: Some(8),
        ..PackOptions::default()
    };
    let outcome = Upload::cats_and_dogs().pack_with(&options);
    assert_eq!(outcome.packed().facts.width, 8);
    assert_ne!(
        outcome.packed().content_hash,
        Upload::cats_and_dogs().pack().packed().content_hash
    );
}

#[test]
fn packs_beyond_the_limit_are_refused() {
    let limits = Limits {
        pack_bytes: 63,
        ..Limits::default()
    };
    let (_place, path) = Upload::cats_and_dogs().directory();
    let error = pack_path(&path, &PackOptions::default(), &limits).refusal();
    assert_eq!(
        error.to_string(),
        "the pack of 4 images of 4×4 pixels exceeds the limit `pack_bytes` of 63"
    );
}

#[test]
fn palettes_and_single_bits_are_expanded() {
    let mut bits = Vec::new();
    PngEncoder::new(&mut bits)
        .write_image(&[0, 255, 255, 0], 2, 2, ExtendedColorType::L8)
        .unwrap();
    let outcome = packed_beside(bits, encode(GrayImage::new(2, 2), ImageFormat::Png));
    assert_eq!(outcome.opened().image(0).unwrap(), [0, 255, 255, 0]);
}

#[test]
fn skipped_images_are_recorded_with_their_reason() {
    let cut = noisy(ImageFormat::Jpeg);
    let outcome = Upload::cats_and_dogs()
        .with("cat/0cut.jpg", &cut[..cut.len() / 2])
        .pack_with(&skip());
    assert_eq!(outcome.labels(), [0, 0, 1, 1]);
    assert_eq!(
        outcome.packed().report.skipped[0].to_string(),
        "`cat/0cut.jpg`: is truncated"
    );
}
