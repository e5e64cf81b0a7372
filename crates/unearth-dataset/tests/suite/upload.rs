//! Making uploads, and packing them.

use flate2::{Compression, write::GzEncoder};
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use unearth_dataset::{DatasetError, Limits, OnBadExample, Pack, PackOptions, Packed, pack};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Files by name.
#[derive(Clone, Default)]
pub(crate) struct Upload(pub(crate) BTreeMap<String, Vec<u8>>);

impl Upload {
    pub(crate) fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), bytes.into());
        self
    }

    /// Two grey images in each of two classes.
    pub(crate) fn cats_and_dogs() -> Self {
        Self::default()
            .with("cat/1.png", grey_png(4, 4, 10))
            .with("cat/2.png", grey_png(4, 4, 20))
            .with("dog/1.png", grey_png(4, 4, 30))
            .with("dog/2.png", grey_png(4, 4, 40))
    }

    pub(crate) fn directory(&self) -> (TempDir, PathBuf) {
        let place = TempDir::new().unwrap();
        for (name, bytes) in &self.0 {
            let path = place.path().join("upload").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let path = place.path().join("upload");
        fs::create_dir_all(&path).unwrap();
        (place, path)
    }

    pub(crate) fn zip(&self) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.0 {
            writer
                .start_file(name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    pub(crate) fn tar(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in &self.0 {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, name, &bytes[..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    pub(crate) fn tar_gz(&self) -> Vec<u8> {
        gzip(&self.tar())
    }

    /// Packs it as a directory.
    pub(crate) fn pack(&self) -> Outcome {
        self.pack_with(&PackOptions::default())
    }

    pub(crate) fn pack_with(&self, options: &PackOptions) -> Outcome {
        let (_place, path) = self.directory();
        pack_path(&path, options, &Limits::default())
    }

    pub(crate) fn refusal(&self) -> DatasetError {
        self.pack().refusal()
    }
}

/// What packing answered, and the work directory it was done in.
pub(crate) struct Outcome {
    pub(crate) result: Result<Packed, DatasetError>,
    pub(crate) work_dir: TempDir,
}

impl Outcome {
    pub(crate) fn packed(&self) -> &Packed {
        match &self.result {
            Ok(packed) => packed,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn opened(&self) -> Pack {
        Pack::open(&self.packed().pack).unwrap()
    }

    /// The error; nothing may be left behind.
    pub(crate) fn refusal(self) -> DatasetError {
        let left: Vec<_> = fs::read_dir(&self.work_dir).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        match self.result {
            Ok(packed) => panic!("packed {} examples", packed.examples.len()),
            Err(error) => error,
        }
    }

    pub(crate) fn keys(&self) -> Vec<&str> {
        let examples = &self.packed().examples;
        examples.iter().map(|example| &example.key[..]).collect()
    }

    pub(crate) fn labels(&self) -> Vec<i32> {
        let examples = &self.packed().examples;
        examples.iter().map(|example| example.label).collect()
    }
}

pub(crate) fn pack_path(path: &Path, options: &PackOptions, limits: &Limits) -> Outcome {
    let work_dir = TempDir::new().unwrap();
    let result = pack(path, options, limits, work_dir.path(), &mut |_| {
        ControlFlow::Continue(())
    });
    Outcome { result, work_dir }
}

/// Packs an archive, whose name says nothing.
pub(crate) fn pack_bytes(bytes: &[u8]) -> Outcome {
    pack_bytes_within(bytes, &Limits::default())
}

pub(crate) fn pack_bytes_within(bytes: &[u8], limits: &Limits) -> Outcome {
    let place = TempDir::new().unwrap();
    let path = place.path().join("upload");
    fs::write(&path, bytes).unwrap();
    pack_path(&path, &PackOptions::default(), limits)
}

pub(crate) fn skip() -> PackOptions {
    PackOptions {
        on_bad_example: OnBadExample::Skip,
        ..PackOptions::default()
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(crate) fn grey_png(width: u32, height: u32, value: u8) -> Vec<u8> {
    let image = GrayImage::from_pixel(width, height, image::Luma([value]));
    encode(image, ImageFormat::Png)
}

pub(crate) fn rgb(width: u32, height: u32, value: [u8; 3], format: ImageFormat) -> Vec<u8> {
    encode(
        RgbImage::from_pixel(width, height, image::Rgb(value)),
        format,
    )
}

/// An image that compresses badly, so that cutting it cuts pixels.
pub(crate) fn noisy(format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(48, 48, |x, y| {
        let noise = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761);
        image::Rgb(noise.to_be_bytes()[..3].try_into().unwrap())
    });
    encode(image, format)
}

/// The error's code, sentence and hint in one text, for assertions.
pub(crate) fn told(error: &DatasetError) -> String {
    format!("{}: {error}", error.code())
}
