//! Examples of a pack, written out as an npz that [`pack`](crate::pack()) reads again.

use crate::{DatasetError, Pack};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// The start of an npy header is padded to a multiple of this.
const HEADER_ALIGNMENT: usize = 64;

/// One example of the copy.
#[derive(Debug, Clone, Copy)]
pub struct CopiedExample<'a> {
    /// Which example of the pack its pixels are.
    pub index: usize,
    /// Its key, unique in the copy.
    pub key: &'a str,
    /// Its label, which may be another than in the pack.
    pub label: &'a str,
    /// Its split. Either all examples have one or none has.
    pub split: Option<&'a str>,
}

/// Writes the examples to a new file at `path`, in the order given: pixels as they are packed, uncompressed.
/// The same examples give the same bytes.
///
/// # Errors
/// When the file cannot be written.
///
/// # Panics
/// When an index lies past the end of the pack, or only some examples have a split.
pub fn write_npz(
    path: &Path,
    pack: &Pack,
    examples: &[CopiedExample<'_>],
) -> Result<(), DatasetError> {
    let written = || {
        let mut npz = Npz(ZipWriter::new(BufWriter::with_capacity(
            1 << 20,
            File::create(path)?,
        )));
        npz.images(pack, examples)?;
        npz.texts("y", examples.iter().map(|example| example.label))?;
        npz.texts("key", examples.iter().map(|example| example.key))?;
        let splits: Vec<&str> = examples
            .iter()
            .filter_map(|example| example.split)
            .collect();
        if !splits.is_empty() {
            assert_eq!(splits.len(), examples.len(), "all have a split or none has");
            npz.texts("split", splits.into_iter())?;
        }
        npz.0.finish().map_err(into_io)?.flush()
    };
    written().map_err(DatasetError::write)
}

struct Npz(ZipWriter<BufWriter<File>>);

impl Npz {
    fn images(&mut self, pack: &Pack, examples: &[CopiedExample<'_>]) -> io::Result<()> {
        let shape = [pack.height(), pack.width(), pack.channels()];
        let bytes = examples.len() * shape.iter().product::<usize>();
        let [height, width, channels] = shape;
        let shape = format!("({}, {height}, {width}, {channels})", examples.len());
        self.begin("x", "|u1", &shape, bytes)?;
        for example in examples {
            let image = pack
                .image(example.index)
                .expect("the caller names examples of the pack");
            self.0.write_all(image)?;
        }
        Ok(())
    }

    /// Text as UTF-8, padded with zeros: a fourth of the size of `NumPy`'s own text.
    fn texts<'a>(
        &mut self,
        name: &str,
        texts: impl ExactSizeIterator<Item = &'a str> + Clone,
    ) -> io::Result<()> {
        let longest = texts.clone().map(str::len).max().unwrap_or(0).max(1);
        let (rows, dtype) = (texts.len(), format!("|S{longest}"));
        self.begin(name, &dtype, &format!("({rows},)"), rows * longest)?;
        let padding = vec![0; longest];
        for text in texts {
            self.0.write_all(text.as_bytes())?;
            self.0.write_all(&padding[text.len()..])?;
        }
        Ok(())
    }

    /// Begins an array of `bytes` bytes.
    fn begin(&mut self, name: &str, dtype: &str, shape: &str, bytes: usize) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            // Room for the header, too.
            .large_file(bytes as u64 > u64::from(u32::MAX) - (1 << 16));
        self.0
            .start_file(format!("{name}.npy"), options)
            .map_err(into_io)?;
        self.0.write_all(&header(dtype, shape))
    }
}

/// Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, version 1.0.
fn header(dtype: &str, shape: &str) -> Vec<u8> {
    let text = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = b"\x93NUMPY\x01\x00".len() + 2;
    let length = (before + text.len() + 1).next_multiple_of(HEADER_ALIGNMENT) - before;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
    bytes
}

fn into_io(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}
