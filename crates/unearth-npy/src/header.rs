//! What an npy file says of itself.

use crate::Dtype;
use std::{io, io::Read};
use thiserror::Error;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header that is read. `NumPy` itself stops at 10,000 characters.
const MAX_HEADER: usize = 64 << 10;

/// What an npy file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Element type.
    pub dtype: Dtype,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Bytes before the first element.
    pub bytes: u64,
}

/// Why a header cannot be read.
#[derive(Debug, Error)]
pub enum HeaderError {
    /// The reader failed, or ended within the header.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no header; the words go on from the name of the array.
    #[error("{0}")]
    Invalid(&'static str),
}

impl Header {
    /// Reads a header; the reader is left at the first element.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn parse(reader: &mut dyn Read) -> Result<Self, HeaderError> {
        let mut start = [0; 8];
        match reader.read_exact(&mut start) {
            Ok(()) if start.starts_with(MAGIC) => {}
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error.into()),
            _ => return Err(HeaderError::Invalid("does not begin like an npy file")),
        }
        let (length, length_bytes) = match start[6] {
            1 => {
                let mut bytes = [0; 2];
                reader.read_exact(&mut bytes)?;
                (usize::from(u16::from_le_bytes(bytes)), bytes.len())
            }
            2 | 3 => {
                let mut bytes = [0; 4];
                reader.read_exact(&mut bytes)?;
                (u32::from_le_bytes(bytes) as usize, bytes.len())
            }
            _ => return Err(HeaderError::Invalid("has an unknown npy version")),
        };
        if length > MAX_HEADER {
            return Err(HeaderError::Invalid("has a header that is too long"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text)?;
        let bytes = (start.len() + length_bytes + length) as u64;
        str::from_utf8(&text)
            .ok()
            .and_then(|text| Literal(text).header(bytes))
            .ok_or(HeaderError::Invalid("has a malformed npy header"))
    }

    /// Number of elements, unless it is beyond counting.
    pub fn elements(&self) -> Option<u64> {
        self.shape
            .iter()
            .try_fold(1_u64, |product, axis| product.checked_mul(*axis as u64))
    }

    /// The shape as Python writes it.
    pub fn shape_text(&self) -> String {
        let axes: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
        match &axes[..] {
            [only] => format!("({only},)"),
            _ => format!("({})", axes.join(", ")),
        }
    }
}

/// The rest of a Python literal.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// `{'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
    fn header(mut self, bytes: u64) -> Option<Header> {
        let (mut dtype, mut fortran_order, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.accept('}') {
            let key = self.string()?;
            self.expect(':')?;
            match key {
                "descr" => dtype = Some(Dtype::parse(self.description()?)),
                "fortran_order" => fortran_order = Some(self.boolean()?),
                "shape" => shape = Some(self.tuple()?),
                _ => return None,
            }
            if !self.accept(',') {
                self.expect('}')?;
                break;
            }
        }
        self.0.trim().is_empty().then_some(())?;
        Some(Header {
            dtype: dtype?,
            fortran_order: fortran_order?,
            shape: shape?,
            bytes,
        })
    }

    fn accept(&mut self, wanted: char) -> bool {
        match self.0.trim_start().strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.accept(wanted).then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (text, rest) = rest[1..].split_once(quote)?;
        self.0 = rest;
        Some(text)
    }

    /// A type string, or the brackets of a structured type as they stand.
    fn description(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        if !rest.starts_with('[') {
            return self.string();
        }
        let mut depth = 0_usize;
        let end = rest.find(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let (text, rest) = rest.split_at(end + 1);
        self.0 = rest;
        Some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        let rest = self.0.trim_start();
        let (value, rest) = match (rest.strip_prefix("True"), rest.strip_prefix("False")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return None,
        };
        self.0 = rest;
        Some(value)
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        self.expect('(')?;
        let (inside, rest) = self.0.split_once(')')?;
        self.0 = rest;
        let inside = inside.trim().trim_end_matches(',');
        if inside.is_empty() {
            return Some(Vec::new());
        }
        // Python 2 wrote long integers as `3L`.
        inside
            .split(',')
            .map(|axis| axis.trim().trim_end_matches('L').parse().ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use proptest::prelude::*;

    fn npy(header: &str) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes
    }

    fn parse(header: &str) -> Option<Header> {
        Header::parse(&mut &npy(header)[..]).ok()
    }

    #[test]
    fn headers_as_numpy_writes_them() {
        let header =
            parse("{'descr': '|u1', 'fortran_order': False, 'shape': (10, 2, 3), }    \n").unwrap();
        assert_eq!(header.dtype.to_string(), "uint8");
        assert_eq!(
            (header.fortran_order, &header.shape[..]),
            (false, &[10, 2, 3][..])
        );
        assert_eq!(header.shape_text(), "(10, 2, 3)");
        let scalar = parse("{'descr': '<f4', 'fortran_order': False, 'shape': ()}").unwrap();
        assert_eq!(scalar.elements(), Some(1));
        let structured = "{'descr': [('a', '<i4'), ('b', '<f8', (2,))], 'fortran_order': True, 'shape': (3L,), }";
        let structured = parse(structured).unwrap();
        assert_eq!(structured.dtype.kind, Kind::Other);
        assert_eq!(structured.shape_text(), "(3,)");
    }

    proptest! {
        #[test]
        fn random_headers_never_panic(text in "[{}'\"a-z_:,()\\[\\]0-9L<|>UFTé ]{0,60}", raw in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&text);
            let _ = Header::parse(&mut &raw[..]);
        }

        #[test]
        fn mutated_headers_never_panic(at in 0..60_usize, byte: u8) {
            let mut bytes = npy("{'descr': '<U4', 'fortran_order': False, 'shape': (3, 4), }");
            bytes[at] = byte;
            if let Ok(header) = Header::parse(&mut &bytes[..]) {
                let _ = header.elements();
                let element = vec![0; header.dtype.size];
                let _ = (header.dtype.text(&element), header.dtype.float(&element));
                let _ = header.dtype.integer(&element);
            }
        }
    }
}
