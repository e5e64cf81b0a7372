//! Rows in Postgres' binary COPY format, sent in pieces of about a mebibyte.
//!
//! Layout: <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4>

use crate::StoreError;
use bytes::{BufMut, BytesMut};
use sqlx::{PgConnection, postgres::PgConnection as Connection, postgres::PgCopyIn};

const PIECE_BYTES: usize = 1 << 20;

/// A COPY … FROM STDIN (FORMAT BINARY) in progress. Dropped unfinished, it is rolled back.
pub(crate) struct BinaryCopy<'c> {
    sink: PgCopyIn<&'c mut Connection>,
    buffer: BytesMut,
}

impl<'c> BinaryCopy<'c> {
    /// Begins `statement`.
    pub(crate) async fn begin(
        connection: &'c mut PgConnection,
        statement: &str,
    ) -> Result<Self, StoreError> {
        let sink = connection.copy_in_raw(statement).await?;
        let mut buffer = BytesMut::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        buffer.put_slice(b"PGCOPY\n\xff\r\n\0");
        buffer.put_i32(0); // no flags
        buffer.put_i32(0); // no header extension
        Ok(Self { sink, buffer })
    }

    /// Begins a row of `columns` fields; exactly as many `put`s must follow.
    pub(crate) fn row(&mut self, columns: i16) -> &mut Self {
        self.buffer.put_i16(columns);
        self
    }

    pub(crate) fn i32(&mut self, value: i32) -> &mut Self {
        self.buffer.put_i32(4);
        self.buffer.put_i32(value);
        self
    }

    pub(crate) fn i16(&mut self, value: i16) -> &mut Self {
        self.buffer.put_i32(2);
        self.buffer.put_i16(value);
        self
    }

    pub(crate) fn f32(&mut self, value: f32) -> &mut Self {
        self.buffer.put_i32(4);
        self.buffer.put_f32(value);
        self
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.buffer.put_i32(1);
        self.buffer.put_u8(value.into());
        self
    }

    pub(crate) fn i64(&mut self, value: i64) -> &mut Self {
        self.buffer.put_i32(8);
        self.buffer.put_i64(value);
        self
    }

    pub(crate) fn f64(&mut self, value: f64) -> &mut Self {
        self.buffer.put_i32(8);
        self.buffer.put_f64(value);
        self
    }

    pub(crate) fn optional_i32(&mut self, value: Option<i32>) -> &mut Self {
        match value {
            Some(value) => self.i32(value),
            None => self.null(),
        }
    }

    pub(crate) fn optional_i64(&mut self, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.i64(value),
            None => self.null(),
        }
    }

    pub(crate) fn optional_f64(&mut self, value: Option<f64>) -> &mut Self {
        match value {
            Some(value) => self.f64(value),
            None => self.null(),
        }
    }

    /// A `bytea`, `text` or `uuid` field.
    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.buffer.put_i32(value.len() as i32);
        self.buffer.put_slice(value);
        self
    }

    /// A `bytea` field that is worth a message of its own: it goes out without being gathered first.
    pub(crate) async fn large_bytes(&mut self, value: &[u8]) -> Result<(), StoreError> {
        self.buffer.put_i32(value.len() as i32);
        self.sink.send(&self.buffer[..]).await?;
        self.buffer.clear();
        self.sink.send(value).await?;
        Ok(())
    }

    /// A `bytea` field of `count` values one after the other, which are sent as they come.
    pub(crate) async fn column<const BYTES: usize>(
        &mut self,
        count: usize,
        values: impl Iterator<Item = [u8; BYTES]>,
    ) -> Result<(), StoreError> {
        self.buffer.put_i32((count * BYTES) as i32);
        for value in values {
            self.buffer.put_slice(&value);
            self.flush_if_full().await?;
        }
        Ok(())
    }

    pub(crate) fn optional_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.bytes(value.as_bytes()),
            None => self.null(),
        }
    }

    fn null(&mut self) -> &mut Self {
        self.buffer.put_i32(-1);
        self
    }

    /// Sends what has gathered, once it is worth a message.
    pub(crate) async fn flush_if_full(&mut self) -> Result<(), StoreError> {
        if self.buffer.len() >= PIECE_BYTES {
            self.sink.send(&self.buffer[..]).await?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Ends the COPY and returns how many rows it wrote.
    pub(crate) async fn finish(mut self) -> Result<u64, StoreError> {
        self.buffer.put_i16(-1);
        self.sink.send(&self.buffer[..]).await?;
        Ok(self.sink.finish().await?)
    }
}
