//! `NumPy` files.

use anyhow::{Context as _, Result, bail, ensure};
use std::{
    fs::File,
    io::{BufReader, Read, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};
use unearth_npy::{Header, Kind};
use zip::ZipArchive;

/// An npz file.
pub(super) struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

/// One array, its elements in a file of their own.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) name: String,
    pub(super) header: Header,
    file: File,
}

impl Npz {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let archive = ZipArchive::new(BufReader::new(file));
        Ok(Self {
            path: path.to_owned(),
            archive: archive.with_context(|| format!("`{}` is no npz", path.display()))?,
        })
    }

    /// Whether it has an array of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.archive
            .index_for_name(&format!("{name}.npy"))
            .is_some()
    }

    /// The array of this name, to be read from its first element to its last.
    pub(super) fn stream(&mut self, name: &str) -> Result<(Header, impl Read + '_)> {
        let path = self.path.display().to_string();
        let member = self.archive.by_name(&format!("{name}.npy"));
        let mut member = member.with_context(|| format!("`{path}` has no array `{name}`"))?;
        let header = Header::parse(&mut member)
            .with_context(|| format!("the array `{name}` of `{path}` cannot be read"))?;
        Ok((header, member))
    }

    /// The array of this name, to be read in any order.
    pub(super) fn array(&mut self, name: &str) -> Result<Array> {
        let (header, mut elements) = self.stream(name)?;
        let mut file = tempfile::tempfile().context("a temporary file cannot be made")?;
        std::io::copy(&mut elements, &mut file)
            .with_context(|| format!("the array `{name}` cannot be read to its end"))?;
        Array::new(name, header, file)
    }
}

impl Array {
    fn new(name: &str, header: Header, mut file: File) -> Result<Self> {
        let bytes = file.seek(SeekFrom::End(0))?;
        let wanted = header
            .elements()
            .and_then(|elements| elements.checked_mul(header.dtype.size as u64));
        ensure!(
            !matches!(header.dtype.kind, Kind::Object | Kind::Other) && !header.fortran_order,
            "the array `{name}` must hold plain numbers or text in C order"
        );
        ensure!(
            wanted == Some(bytes),
            "the array `{name}` has {bytes} bytes, which is not what its shape {} needs",
            header.shape_text()
        );
        Ok(Self {
            name: name.to_owned(),
            header,
            file,
        })
    }

    /// The elements from `first` on, `count` of them.
    pub(super) fn elements(&mut self, first: usize, count: usize) -> Result<Vec<u8>> {
        let size = self.header.dtype.size;
        let mut data = vec![0; count * size];
        self.file.seek(SeekFrom::Start((first * size) as u64))?;
        self.file.read_exact(&mut data)?;
        Ok(data)
    }
}

/// Each element of an npy of one axis as the text that a person would write.
pub(super) fn texts(path: &Path) -> Result<Vec<String>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
    let mut reader = BufReader::new(file);
    let header = Header::parse(&mut reader).with_context(|| format!("`{shown}` is no npy"))?;
    let [count] = header.shape[..] else {
        bail!(
            "`{shown}` has the shape {}; it must be (N,)",
            header.shape_text()
        );
    };
    let mut element = vec![0; header.dtype.size];
    let mut texts = Vec::new();
    for row in 0..count {
        reader
            .read_exact(&mut element)
            .with_context(|| format!("`{shown}` ends before row {row}"))?;
        let text = header.dtype.text(&element);
        texts.push(text.with_context(|| {
            format!(
                "row {row} of `{shown}` is {}; whole numbers or text are needed",
                header.dtype
            )
        })?);
    }
    Ok(texts)
}

/// An npy file of elements as another array has them.
pub(super) fn npy(like: &Header, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(|axis| format!("{axis},")).collect();
    let text = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}\n",
        like.dtype.spelling(),
        axes.join(" ")
    );
    let mut bytes = Vec::with_capacity(data.len() + text.len() + 12);
    bytes.extend(b"\x93NUMPY\x02\x00");
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

/// An npz of npy files by name.
pub(super) fn npz(arrays: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        writer.start_file(format!("{name}.npy"), options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
