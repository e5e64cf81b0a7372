//! The type itself.

use bytemuck::Pod;
use memmap2::MmapMut;
use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write as _},
    ops::{Deref, DerefMut},
    path::Path,
};

/// What a column may take of a process' own memory; a longer one is mapped from a file.
pub const IN_MEMORY_BYTES: usize = 4 << 20;

/// One value per example, in index order or in that of a population.
pub struct Column<T>(Storage<T>);

enum Storage<T> {
    Memory(Vec<T>),
    /// The mapping of a file that has no name any more and goes with it, and how many values of it count.
    File(MmapMut, usize),
}

impl<T: Pod> Column<T> {
    /// `len` times the same value; where that is long, in a file in `folder`.
    ///
    /// # Errors
    /// When the file cannot be written: the disk is full, for one.
    pub fn filled(folder: &Path, len: usize, value: T) -> io::Result<Self> {
        Self::collected(folder, std::iter::repeat_n(value, len))
    }

    /// The values of an iterator that knows how many there are; where that is long, in a file in `folder`.
    ///
    /// # Errors
    /// When the file cannot be written: the disk is full, for one.
    pub fn collected(folder: &Path, values: impl ExactSizeIterator<Item = T>) -> io::Result<Self> {
        if values.len().saturating_mul(size_of::<T>()) <= IN_MEMORY_BYTES {
            return Ok(Self(Storage::Memory(values.collect())));
        }
        let len = values.len();
        let map = Self::in_file(folder, values)?;
        Ok(Self(Storage::File(map, len)))
    }

    /// Leaves the first `len` values, or all where there are fewer.
    pub fn truncate(&mut self, len: usize) {
        match &mut self.0 {
            Storage::Memory(values) => values.truncate(len),
            Storage::File(_, there) => *there = len.min(*there),
        }
    }

    fn in_file(folder: &Path, values: impl Iterator<Item = T>) -> io::Result<MmapMut> {
        let file = tempfile::tempfile_in(folder)?;
        write(&file, values)?;
        mapped(&file)
    }
}

impl Column<u8> {
    /// What is read, in a file in `folder`.
    ///
    /// # Errors
    /// When it cannot be read, or the file cannot be written.
    pub fn copied(folder: &Path, mut from: impl io::Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile_in(folder)?;
        let bytes = io::copy(&mut from, &mut file)?;
        Ok(Self(Storage::File(mapped(&file)?, bytes as usize)))
    }
}

/// Puts these values into a file one after the other, as they lie in memory. Written and not stored to a mapping: where
/// a disk is full, the one fails and the other kills the process.
///
/// # Errors
/// When they cannot be written.
pub fn write<T: Pod>(file: &File, values: impl Iterator<Item = T>) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    for value in values {
        writer.write_all(bytemuck::bytes_of(&value))?;
    }
    writer.flush()
}

fn mapped(file: &File) -> io::Result<MmapMut> {
    // SAFETY: the callers made the file a moment ago, without a name, and let nobody have it: its bytes change through this
    // mapping alone, and it is never shortened.
    unsafe { MmapMut::map_mut(file) }
}

impl<T: Pod> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Storage::Memory(values) => values,
            // A mapping begins with a page and was written in whole values.
            Storage::File(map, len) => &bytemuck::cast_slice(map)[..*len],
        }
    }
}

impl<T: Pod> DerefMut for Column<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Storage::Memory(values) => values,
            Storage::File(map, len) => &mut bytemuck::cast_slice_mut(map)[..*len],
        }
    }
}

impl<'c, T: Pod> IntoIterator for &'c Column<T> {
    type Item = &'c T;
    type IntoIter = std::slice::Iter<'c, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Pod> AsRef<[T]> for Column<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T> FromIterator<T> for Column<T> {
    /// In memory, however many they are: for pieces.
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(Storage::Memory(values.into_iter().collect()))
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self(Storage::Memory(Vec::new()))
    }
}

impl<T> From<Vec<T>> for Column<T> {
    /// Takes values that are in memory as they are.
    fn from(values: Vec<T>) -> Self {
        Self(Storage::Memory(values))
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Pod + PartialEq> PartialEq for Column<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONG: usize = IN_MEMORY_BYTES / 8 + 1;

    #[test]
    fn a_long_column_lies_in_a_file_that_is_gone_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut column = Column::filled(folder.path(), LONG, -1i64).unwrap();
        assert!(matches!(column.0, Storage::File(..)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(column.iter().all(|&value| value == -1) && column.len() == LONG);
        column[LONG - 1] = 7;
        column.sort_unstable_by_key(|&value| -value);
        column.truncate(2);
        assert_eq!(*column, [7, -1]);
    }

    #[test]
    fn one_that_cannot_be_written_is_an_error() {
        let gone = Path::new("/nowhere/at/all");
        assert!(Column::filled(gone, LONG, 0u64).is_err());
        assert_eq!(
            Column::filled(gone, LONG - 1, 0u64).unwrap().len(),
            LONG - 1
        );
    }

    #[test]
    fn bytes_come_from_readers() {
        let folder = tempfile::tempdir().unwrap();
        let read = Column::copied(folder.path(), &b"read"[..]).unwrap();
        assert_eq!(*read, b"read"[..]);
        assert_eq!(*Column::copied(folder.path(), &b""[..]).unwrap(), []);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn both_kinds_hold_what_they_were_given(values in proptest::collection::vec(any::<u32>(), 1..50)) {
            let folder = tempfile::tempdir().unwrap();
            let short = Column::collected(folder.path(), values.iter().copied()).unwrap();
            let map = Column::in_file(folder.path(), values.iter().copied()).unwrap();
            prop_assert_eq!(&*short, &values[..]);
            prop_assert_eq!(&*Column::<u32>(Storage::File(map, values.len())), &values[..]);
        }
    }
}
