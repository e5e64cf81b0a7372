//! The npy format: a Python literal that describes an array, then its elements.
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use crate::archive::{printable, read_full};
use std::{fmt, io, io::Read};

const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header that is read. `NumPy` itself stops at 10,000 characters.
const MAX_HEADER: usize = 64 << 10;
/// Longest text element, in characters.
const MAX_TEXT: usize = 4096;

/// What an npy file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) dtype: Dtype,
    pub(crate) fortran_order: bool,
    pub(crate) shape: Vec<usize>,
    /// Bytes before the first element.
    pub(crate) bytes: u64,
}

/// Element type, as the header spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dtype {
    spelling: String,
    pub(crate) kind: Kind,
    /// Bytes of an element.
    pub(crate) size: usize,
    big_endian: bool,
}

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// UCS-4 code points, padded with zeros.
    Unicode,
    /// Bytes, padded with zeros.
    Bytes,
    /// A pickled Python object.
    Object,
    /// Structured, complex, a date, or unknown.
    Other,
}

/// Why a header cannot be read.
#[derive(Debug)]
pub(crate) enum HeaderError {
    Io(io::Error),
    Invalid(&'static str),
}

impl From<io::Error> for HeaderError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.size * 8;
        match self.kind {
            Kind::Bool => f.write_str("bool"),
            Kind::Signed => write!(f, "int{bits}"),
            Kind::Unsigned => write!(f, "uint{bits}"),
            Kind::Float => write!(f, "float{bits}"),
            Kind::Object => f.write_str("object"),
            Kind::Unicode => f.write_str("text"),
            Kind::Bytes => f.write_str("bytes"),
            Kind::Other => write!(f, "`{}`", self.spelling),
        }
    }
}

impl Header {
    /// Reads a header; the reader is left at the first element.
    pub(crate) fn parse(reader: &mut dyn Read) -> Result<Self, HeaderError> {
        let mut start = [0; 8];
        if read_full(reader, &mut start)? < start.len() || !start.starts_with(MAGIC) {
            return Err(HeaderError::Invalid("does not begin like an npy file"));
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
    pub(crate) fn elements(&self) -> Option<u64> {
        self.shape
            .iter()
            .try_fold(1_u64, |product, axis| product.checked_mul(*axis as u64))
    }

    /// The shape as Python writes it.
    pub(crate) fn shape_text(&self) -> String {
        let axes: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
        match &axes[..] {
            [only] => format!("({only},)"),
            _ => format!("({})", axes.join(", ")),
        }
    }
}

impl Dtype {
    fn parse(spelling: &str) -> Self {
        let (order, rest) = match spelling.as_bytes() {
            [order @ (b'<' | b'>' | b'|' | b'='), ..] => (*order, &spelling[1..]),
            _ => (b'|', spelling),
        };
        let (letter, digits) = rest.split_at_checked(1).unwrap_or((rest, ""));
        let count: Option<usize> = digits.parse().ok();
        let (kind, size) = match (letter, count) {
            ("b", Some(1)) => (Kind::Bool, 1),
            ("i", Some(size @ (1 | 2 | 4 | 8))) => (Kind::Signed, size),
            ("u", Some(size @ (1 | 2 | 4 | 8))) => (Kind::Unsigned, size),
            ("f", Some(size @ (2 | 4 | 8))) => (Kind::Float, size),
            ("U", Some(characters @ ..=MAX_TEXT)) => (Kind::Unicode, 4 * characters),
            ("S", Some(size @ ..=MAX_TEXT)) => (Kind::Bytes, size),
            ("O", _) => (Kind::Object, 0),
            _ => (Kind::Other, 0),
        };
        Self {
            spelling: printable(spelling),
            kind,
            size,
            big_endian: order == b'>',
        }
    }

    /// One element as the text that a person would write, where it is a whole number or text.
    /// `None` for other kinds and for text that is not valid Unicode.
    pub(crate) fn text(&self, element: &[u8]) -> Option<String> {
        match self.kind {
            Kind::Bool | Kind::Unsigned => Some(self.bits(element).to_string()),
            Kind::Signed => {
                let unused = 64 - 8 * self.size as u32;
                let value = (self.bits(element) << unused).cast_signed() >> unused;
                Some(value.to_string())
            }
            Kind::Unicode => {
                let (points, _) = element.as_chunks::<4>();
                let text: Option<String> = points
                    .iter()
                    .map(|point| char::from_u32(self.bits(point) as u32))
                    .collect();
                text.map(|text| text.trim_end_matches('\0').to_owned())
            }
            Kind::Bytes => {
                let text = str::from_utf8(element).ok()?;
                Some(text.trim_end_matches('\0').to_owned())
            }
            Kind::Float | Kind::Object | Kind::Other => None,
        }
    }

    /// `NaN` or `infinity` if that is what the floating-point `element` is.
    pub(crate) fn not_finite(&self, element: &[u8]) -> Option<&'static str> {
        if self.kind != Kind::Float {
            return None;
        }
        let (exponent_bits, mantissa_bits) = match self.size {
            2 => (5, 10),
            4 => (8, 23),
            _ => (11, 52),
        };
        let bits = self.bits(element);
        let exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
        let mantissa = bits & ((1 << mantissa_bits) - 1);
        if exponent != (1 << exponent_bits) - 1 {
            None
        } else if mantissa == 0 {
            Some("infinity")
        } else {
            Some("NaN")
        }
    }

    /// The bytes of an element of at most 8 bytes as a number.
    fn bits(&self, element: &[u8]) -> u64 {
        let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        if self.big_endian {
            element.iter().fold(0, join)
        } else {
            element.iter().rev().fold(0, join)
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

    #[test]
    fn elements_in_both_byte_orders() {
        assert_eq!(Dtype::parse("<i2").text(&[0xfe, 0xff]).unwrap(), "-2");
        assert_eq!(Dtype::parse(">i4").text(&[0, 0, 1, 2]).unwrap(), "258");
        assert_eq!(
            Dtype::parse("<u8").text(&[0xff; 8]).unwrap(),
            u64::MAX.to_string()
        );
        assert_eq!(Dtype::parse("|b1").text(&[1]).unwrap(), "1");
        assert_eq!(
            Dtype::parse(">U2")
                .text(&[0, 0, 0, b'h', 0, 0, 0, 0])
                .unwrap(),
            "h"
        );
        assert_eq!(Dtype::parse("|S3").text(b"ab\0").unwrap(), "ab");
        assert_eq!(Dtype::parse("<U1").text(&[0, 0xd8, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn floats_that_are_not_finite(value: f32, wide: f64) {
            let narrow = Dtype::parse(">f4").not_finite(&value.to_be_bytes());
            prop_assert_eq!(narrow.is_none(), value.is_finite());
            prop_assert_eq!(narrow == Some("NaN"), value.is_nan());
            let wide_found = Dtype::parse("<f8").not_finite(&wide.to_le_bytes());
            prop_assert_eq!(wide_found == Some("NaN"), wide.is_nan());
        }

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
                let _ = header.dtype.text(&vec![0; header.dtype.size]);
            }
        }

        #[test]
        fn signed_numbers_are_read(value: i64) {
            prop_assert_eq!(Dtype::parse("<i8").text(&value.to_le_bytes()), Some(value.to_string()));
        }
    }
}
