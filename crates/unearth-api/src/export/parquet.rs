//! A ranking as Apache Parquet.

use super::{
    ExportError, Format, Provenance,
    table::{Column, Read, Row, Table},
};
use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as PhysicalType},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{Type, TypePtr},
};
use std::{mem, sync::Arc};
use unearth_store::scores::RankedRow;

/// A Parquet file: typed columns, compressed with Snappy, a row group for each piece.
///
/// Beside the piece it holds what the file's end says of the row groups: about a byte a row.
pub(crate) struct Parquet {
    table: Table,
    writer: SerializedFileWriter<Vec<u8>>,
}

impl Parquet {
    /// An empty file whose metadata say `unearth.…` of each fact of the provenance.
    pub(crate) fn new(table: Table, provenance: &Provenance) -> Result<Self, ExportError> {
        let facts = provenance.facts();
        let metadata =
            facts.map(|(name, value)| KeyValue::new(format!("unearth.{name}"), value.to_owned()));
        let properties = WriterProperties::builder()
            .set_created_by(format!("unearth {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_key_value_metadata(Some(metadata.collect()))
            .build();
        let schema = schema(table.columns())?;
        let writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
        Ok(Self { table, writer })
    }
}

impl Format for Parquet {
    type Row = RankedRow;

    const ROWS: usize = 16_384;

    fn rows(&mut self, rows: Vec<RankedRow>) -> Result<Vec<u8>, ExportError> {
        let rows = self.table.rows(&rows)?;
        write_group(&mut self.writer, self.table.columns(), &rows)?;
        // The writer counts what went through it, so what is written may be taken away.
        Ok(mem::take(self.writer.inner_mut()))
    }

    fn end(self) -> Result<Vec<u8>, ExportError> {
        Ok(self.writer.into_inner()?)
    }
}

fn write_group(
    file: &mut SerializedFileWriter<Vec<u8>>,
    columns: &[Column],
    rows: &[Row<'_>],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else {
            break;
        };
        write_column(&mut writer, column, rows)?;
        writer.close()?;
    }
    // A missing column would be an error here.
    group.close()?;
    file.flush()?;
    Ok(())
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|column| {
        let (physical, logical) = match column.read {
            Read::Whole(_) => (PhysicalType::INT32, None),
            Read::Text(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Read::Number(_) => (PhysicalType::DOUBLE, None),
            Read::Flag(_) => (PhysicalType::BOOLEAN, None),
        };
        let repetition = if column.nullable {
            Repetition::OPTIONAL
        } else {
            Repetition::REQUIRED
        };
        let field = Type::primitive_type_builder(&column.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition);
        field.build().map(Arc::new)
    });
    let fields = fields.collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("ranking").with_fields(fields);
    schema.build().map(Arc::new)
}

fn write_column(
    writer: &mut SerializedColumnWriter<'_>,
    column: &Column,
    rows: &[Row<'_>],
) -> Result<(), ParquetError> {
    let (nullable, rows) = (column.nullable, rows.iter());
    match &column.read {
        Read::Whole(read) => write_values::<Int32Type>(writer, nullable, rows.map(read)),
        Read::Text(read) => {
            let texts = rows.map(|row| read(row).map(ByteArray::from));
            write_values::<ByteArrayType>(writer, nullable, texts)
        }
        Read::Number(read) => write_values::<DoubleType>(writer, nullable, rows.map(read)),
        Read::Flag(read) => write_values::<BoolType>(writer, nullable, rows.map(read)),
    }
}

fn write_values<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    nullable: bool,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    // Level 1 is a value, level 0 is none.
    let (mut levels, mut present) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    let levels = nullable.then_some(levels.as_slice());
    writer.typed::<T>().write_batch(&present, levels, None)?;
    Ok(())
}
