//! Images and what is known of them, written out as an npz that [`pack`](crate::pack()) reads again.

use crate::{DatasetError, Pack};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};
use unearth_audit::{ProbeRequest, ProbeRows};
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
        let mut npz = Npz::create(path)?;
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
        npz.finish()
    };
    written().map_err(DatasetError::write)
}

/// Writes probes to a new file at `path`: their images of `[height, width, channels]` as `x`, and an array of
/// text for each of `y` (the label), `key`, `suite` and `source` (empty where made from none).
///
/// # Errors
/// When the file cannot be written.
///
/// # Panics
/// When there are not as many names as images.
pub fn write_probes(
    path: &Path,
    rows: ProbeRows<'_>,
    shape: [usize; 3],
    probes: &[ProbeRequest],
) -> Result<(), DatasetError> {
    assert_eq!(rows.labels.len(), probes.len(), "every probe has a name");
    let written = || {
        let mut npz = Npz::create(path)?;
        npz.begin_images(probes.len(), shape)?;
        npz.0.write_all(rows.pixels)?;
        npz.texts("y", probes.iter().map(|probe| probe.label.as_str()))?;
        npz.texts("key", probes.iter().map(|probe| probe.key.as_str()))?;
        npz.texts("suite", probes.iter().map(|probe| probe.suite.as_str()))?;
        let sources = probes.iter().map(|probe| probe.source.as_deref());
        npz.texts("source", sources.map(Option::unwrap_or_default))?;
        npz.finish()
    };
    written().map_err(DatasetError::write)
}

struct Npz(ZipWriter<BufWriter<File>>);

impl Npz {
    fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        Ok(Self(ZipWriter::new(file)))
    }

    fn finish(self) -> io::Result<()> {
        self.0.finish().map_err(into_io)?.flush()
    }

    /// Begins the array of `count` images.
    fn begin_images(&mut self, count: usize, shape: [usize; 3]) -> io::Result<()> {
        let bytes = count * shape.iter().product::<usize>();
        let [height, width, channels] = shape;
        let shape = format!("({count}, {height}, {width}, {channels})");
        self.begin("x", "|u1", &shape, bytes)
    }

    fn images(&mut self, pack: &Pack, examples: &[CopiedExample<'_>]) -> io::Result<()> {
        let shape = [pack.height(), pack.width(), pack.channels()];
        self.begin_images(examples.len(), shape)?;
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
