//! Arrow IPC streams.

use crate::{
    BATCH_BYTES_MAX, BatchError, Code, Table,
    table::{Column, Values},
};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, ListArray, PrimitiveArray, RecordBatch, StringArray,
    cast::AsArray as _,
    types::{
        ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::DataType;
use half::f16;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads a whole stream: its batches one after the other are the rows.
pub(crate) fn read(bytes: &[u8]) -> Result<Table, BatchError> {
    // The decoder checks what it reads; a check that it lacks must not end the request's thread.
    catch_unwind(AssertUnwindSafe(|| decode(bytes))).unwrap_or_else(|_| Err(damaged("is damaged")))
}

fn damaged(what: &str) -> BatchError {
    BatchError::unreadable(format!("the Arrow stream {what}")).hint(
        "write it with `pyarrow.ipc.new_stream`, uncompressed, close the writer, and send all of it",
    )
}

fn decode(bytes: &[u8]) -> Result<Table, BatchError> {
    let failed = |error: arrow_schema::ArrowError| damaged(&format!("cannot be read: {error}"));
    let mut decoder = StreamDecoder::new();
    let mut buffer = Buffer::from(bytes);
    let mut rows = 0;
    let mut columns: Vec<Building> = Vec::new();
    let mut left = BATCH_BYTES_MAX;
    while !buffer.is_empty() {
        let Some(batch) = decoder.decode(&mut buffer).map_err(failed)? else {
            break;
        };
        if columns.is_empty() {
            let schema = batch.schema();
            columns = schema
                .fields()
                .iter()
                .map(|f| Building::new(f.name()))
                .collect();
        }
        rows += batch.num_rows();
        append(&mut columns, &batch, &mut left)?;
    }
    // A stream that was cut off between two messages has no end marker: it would take one more byte.
    let ended = decoder.finish().is_ok() && decoder.decode(&mut Buffer::from(&[0_u8])).is_err();
    if !ended {
        return Err(damaged("ends too early: it was cut off"));
    }
    if columns.is_empty() {
        return Err(BatchError::new(Code::Empty, "the batch holds no rows"));
    }
    let columns: Result<Vec<Column>, BatchError> =
        columns.into_iter().map(Building::finish).collect();
    Table::new(columns?.into_iter().map(|column| (column, rows)).collect())
}

/// A column as far as it was read.
struct Building {
    name: String,
    axes: Option<Vec<usize>>,
    values: Option<Values>,
}

fn append(
    columns: &mut [Building],
    batch: &RecordBatch,
    left: &mut usize,
) -> Result<(), BatchError> {
    for (column, array) in columns.iter_mut().zip(batch.columns()) {
        column.append(array, left)?;
    }
    Ok(())
}

impl Building {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            axes: None,
            values: None,
        }
    }

    fn append(&mut self, array: &ArrayRef, left: &mut usize) -> Result<(), BatchError> {
        let (axes, leaves) = self.flat(array)?;
        if self.axes.get_or_insert_with(|| axes.clone()) != &axes {
            return Err(self.wrong("has rows of different lengths"));
        }
        if leaves.null_count() > 0 {
            let rows = axes.iter().product::<usize>().max(1);
            let row = (0..leaves.len())
                .find(|at| leaves.is_null(*at))
                .unwrap_or(0)
                / rows;
            return Err(self.wrong("is null").at_row(row));
        }
        *left = left
            .checked_sub(leaves.len().saturating_mul(size_of::<String>()))
            .filter(|_| leaves.get_array_memory_size() <= BATCH_BYTES_MAX)
            .ok_or_else(BatchError::too_large)?;
        let more = self.values_of(&leaves)?;
        match (&mut self.values, more) {
            (None, more) => self.values = Some(more),
            (Some(Values::Floats(all)), Values::Floats(more)) => all.extend(more),
            (Some(Values::Integers(all)), Values::Integers(more)) => all.extend(more),
            (Some(Values::Texts(all)), Values::Texts(more)) => all.extend(more),
            _ => return Err(self.wrong("changes its type")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Column, BatchError> {
        let none = || BatchError::new(Code::Empty, "the batch holds no rows");
        Ok(Column {
            axes: self.axes.ok_or_else(none)?,
            values: self.values.ok_or_else(none)?,
            name: self.name,
        })
    }

    /// The innermost values of lists of equal lengths, and the axes of a row.
    fn flat(&self, array: &ArrayRef) -> Result<(Vec<usize>, ArrayRef), BatchError> {
        const AXES_MAX: usize = 3;
        let mut axes = Vec::new();
        let mut array = ArrayRef::clone(array);
        loop {
            let lists = array.null_count();
            let inner = match array.data_type() {
                DataType::FixedSizeList(..) => {
                    let list: &FixedSizeListArray = array.as_fixed_size_list();
                    axes.push(list.value_length() as usize);
                    let (start, length) = (list.value_offset_at(0), list.len());
                    let values = length.saturating_mul(list.value_length() as usize);
                    if start.saturating_add(values) > list.values().len() {
                        return Err(damaged("is damaged"));
                    }
                    list.values().slice(start, values)
                }
                DataType::List(_) => {
                    let list: &ListArray = array.as_list();
                    let offsets = list.value_offsets();
                    let each = offsets.windows(2).next().map_or(0, |two| two[1] - two[0]);
                    if offsets.windows(2).any(|two| two[1] - two[0] != each) {
                        return Err(self.wrong("has rows of different lengths"));
                    }
                    axes.push(each as usize);
                    let start = offsets.first().copied().unwrap_or(0) as usize;
                    list.values().slice(start, list.len() * each as usize)
                }
                _ => return Ok((axes, array)),
            };
            if lists > 0 {
                return Err(self.wrong("holds nulls"));
            }
            if axes.len() > AXES_MAX {
                return Err(self.wrong("holds lists within lists within lists"));
            }
            array = inner;
        }
    }

    fn values_of(&self, array: &ArrayRef) -> Result<Values, BatchError> {
        Ok(match array.data_type() {
            DataType::Float16 => floats::<Float16Type>(array, f16::to_f32),
            DataType::Float32 => floats::<Float32Type>(array, |x| x),
            DataType::Float64 => floats::<Float64Type>(array, |x| x as f32),
            DataType::Int8 => integers::<Int8Type>(array),
            DataType::Int16 => integers::<Int16Type>(array),
            DataType::Int32 => integers::<Int32Type>(array),
            DataType::Int64 => integers::<Int64Type>(array),
            DataType::UInt8 => integers::<UInt8Type>(array),
            DataType::UInt16 => integers::<UInt16Type>(array),
            DataType::UInt32 => integers::<UInt32Type>(array),
            DataType::UInt64 => {
                let numbers: &PrimitiveArray<UInt64Type> = array.as_primitive();
                let small: Result<Vec<i64>, _> =
                    numbers.values().iter().map(|&x| x.try_into()).collect();
                Values::Integers(small.map_err(|_| self.wrong("holds a number beyond 2^63"))?)
            }
            DataType::Utf8 => {
                let texts: &StringArray = array.as_string();
                Values::Texts(
                    (0..texts.len())
                        .map(|at| texts.value(at).to_owned())
                        .collect(),
                )
            }
            DataType::LargeUtf8 => {
                let texts = array.as_string::<i64>();
                Values::Texts(
                    (0..texts.len())
                        .map(|at| texts.value(at).to_owned())
                        .collect(),
                )
            }
            other => {
                let detail = format!("has the type {other}, which cannot be used");
                let hint = "numbers, text, and lists of numbers of one length are read";
                return Err(self.wrong(&detail).hint(hint));
            }
        })
    }

    fn wrong(&self, detail: &str) -> BatchError {
        BatchError::of_column(Code::WrongColumn, &self.name, detail)
    }
}

fn floats<T: ArrowPrimitiveType>(array: &ArrayRef, narrow: impl Fn(T::Native) -> f32) -> Values {
    let numbers: &PrimitiveArray<T> = array.as_primitive();
    Values::Floats(numbers.values().iter().map(|&x| narrow(x)).collect())
}

fn integers<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Values {
    let numbers: &PrimitiveArray<T> = array.as_primitive();
    Values::Integers(numbers.values().iter().map(|&x| x.into()).collect())
}
