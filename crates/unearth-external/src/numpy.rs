//! npz and npy.

use crate::{
    BATCH_BYTES_MAX, BatchError, Code, Table,
    table::{Column, Values},
};
use std::io::{Cursor, ErrorKind, Read};
use unearth_npy::{Dtype, Header, HeaderError, Kind};
use zip::ZipArchive;

/// Reads an npz: each array is a column, its first axis the rows.
pub(crate) fn read_npz(bytes: &[u8]) -> Result<Table, BatchError> {
    let unreadable = |error: zip::result::ZipError| {
        BatchError::unreadable(format!("the npz cannot be read: {error}"))
            .hint("write it with `np.savez`, and send all of it")
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut columns = Vec::new();
    let mut left = BATCH_BYTES_MAX;
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).map_err(unreadable)?;
        let name = member.name().map_err(unreadable)?.into_owned();
        let name = name.strip_suffix(".npy").unwrap_or(&name);
        columns.push(array(name, &mut member, &mut left)?);
    }
    Table::new(columns)
}

/// Reads one array as the only column.
pub(crate) fn read_npy(name: &str, bytes: &[u8]) -> Result<Table, BatchError> {
    let mut reader = bytes;
    let column = array(name, &mut reader, &mut BATCH_BYTES_MAX.clone())?;
    Table::new(vec![column])
}

fn array(
    name: &str,
    reader: &mut dyn Read,
    left: &mut usize,
) -> Result<(Column, usize), BatchError> {
    let header = Header::parse(reader).map_err(|error| match error {
        HeaderError::Invalid(detail) => BatchError::of_column(Code::Unreadable, name, detail),
        HeaderError::Io(error) => cut_off(name, &error),
    })?;
    let dtype = &header.dtype;
    let wrong = |detail: &str| BatchError::of_column(Code::WrongColumn, name, detail);
    match dtype.kind {
        Kind::Object => {
            let detail = "holds pickled Python objects, which are never read";
            return Err(wrong(detail).hint("save it with a plain dtype"));
        }
        Kind::Other => return Err(wrong("has a type that cannot be used")),
        _ => {}
    }
    let [rows, axes @ ..] = header.shape.as_slice() else {
        return Err(wrong("is a single number; its first axis must be the rows"));
    };
    if header.fortran_order && !axes.is_empty() {
        let hint = "store it in C order: `np.ascontiguousarray`";
        return Err(wrong("is stored in Fortran order").hint(hint));
    }
    let elements = header
        .elements()
        .and_then(|count| usize::try_from(count).ok());
    // Text takes a String each, numbers at most eight bytes.
    let each = dtype.size.max(8)
        + if is_text(dtype) {
            size_of::<String>()
        } else {
            0
        };
    let needed = elements.and_then(|count| count.checked_mul(each));
    let (elements, needed) = elements
        .zip(needed)
        .filter(|(_, needed)| needed <= left)
        .ok_or_else(BatchError::too_large)?;
    *left -= needed;
    let data = elements_of(name, reader, elements * dtype.size)?;
    let column = Column {
        name: name.to_owned(),
        axes: axes.to_vec(),
        values: values(name, dtype, &data, elements)?,
    };
    Ok((column, *rows))
}

/// Exactly `length` bytes, and then the end.
fn elements_of(name: &str, reader: &mut dyn Read, length: usize) -> Result<Vec<u8>, BatchError> {
    let mut data = Vec::new();
    reader
        .take(length as u64 + 1)
        .read_to_end(&mut data)
        .map_err(|error| cut_off(name, &error))?;
    if data.len() < length {
        return Err(cut_off(name, &ErrorKind::UnexpectedEof.into()));
    }
    if data.len() > length {
        let detail = "is longer than its header says";
        return Err(BatchError::of_column(Code::Unreadable, name, detail));
    }
    Ok(data)
}

fn is_text(dtype: &Dtype) -> bool {
    matches!(dtype.kind, Kind::Unicode | Kind::Bytes)
}

fn values(name: &str, dtype: &Dtype, data: &[u8], count: usize) -> Result<Values, BatchError> {
    if dtype.size == 0 {
        // `<U0`: every text is empty.
        return Ok(Values::Texts(vec![String::new(); count]));
    }
    let elements = data.chunks_exact(dtype.size);
    let wrong = |detail: &str| BatchError::of_column(Code::WrongColumn, name, detail);
    if is_text(dtype) {
        let texts: Option<Vec<String>> = elements.map(|element| dtype.text(element)).collect();
        let texts = texts.ok_or_else(|| wrong("holds text that is not valid Unicode"))?;
        return Ok(Values::Texts(texts));
    }
    if dtype.kind == Kind::Float {
        let floats = elements.map(|element| dtype.float(element).unwrap_or(f64::NAN) as f32);
        return Ok(Values::Floats(floats.collect()));
    }
    let integers: Option<Vec<i64>> = elements.map(|element| dtype.integer(element)).collect();
    let integers = integers.ok_or_else(|| wrong("holds a number beyond 2^63"))?;
    Ok(Values::Integers(integers))
}

fn cut_off(name: &str, error: &std::io::Error) -> BatchError {
    let detail = match error.kind() {
        ErrorKind::UnexpectedEof => "ends too early: the batch was cut off".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    BatchError::of_column(Code::Unreadable, name, detail).hint("send the batch again, all of it")
}
