//! Element types, and elements as numbers and text.

use half::f16;
use std::fmt;

/// Longest text element, in characters.
const MAX_TEXT: usize = 4096;

/// Element type, as the header spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dtype {
    spelling: String,
    /// What an element is.
    pub kind: Kind,
    /// Bytes of an element.
    pub size: usize,
    big_endian: bool,
}

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A signed integer.
    Signed,
    /// An unsigned integer.
    Unsigned,
    /// A binary floating-point number.
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

impl Dtype {
    pub(crate) fn parse(spelling: &str) -> Self {
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
            spelling: shown(spelling),
            kind,
            size,
            big_endian: order == b'>',
        }
    }

    /// The type as a header spells it, such as `<f4`.
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// One element as the text that a person would write, where it is a whole number or text.
    /// `None` for other kinds and for text that is not valid Unicode.
    pub fn text(&self, element: &[u8]) -> Option<String> {
        match self.kind {
            Kind::Bool | Kind::Unsigned => Some(self.bits(element).to_string()),
            Kind::Signed => Some(self.signed(element).to_string()),
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

    /// One element as a whole number, where it is one that i64 holds.
    pub fn integer(&self, element: &[u8]) -> Option<i64> {
        match self.kind {
            Kind::Bool | Kind::Unsigned => self.bits(element).try_into().ok(),
            Kind::Signed => Some(self.signed(element)),
            _ => None,
        }
    }

    /// One element as a floating-point number, where it is one.
    pub fn float(&self, element: &[u8]) -> Option<f64> {
        if self.kind != Kind::Float {
            return None;
        }
        let bits = self.bits(element);
        Some(match self.size {
            2 => f16::from_bits(bits as u16).to_f64(),
            4 => f64::from(f32::from_bits(bits as u32)),
            _ => f64::from_bits(bits),
        })
    }

    fn signed(&self, element: &[u8]) -> i64 {
        let unused = 64 - 8 * self.size as u32;
        (self.bits(element) << unused).cast_signed() >> unused
    }

    /// `NaN` or `infinity` if that is what the floating-point `element` is.
    pub fn not_finite(&self, element: &[u8]) -> Option<&'static str> {
        let value = self.float(element)?;
        if value.is_nan() {
            return Some("NaN");
        }
        value.is_infinite().then_some("infinity")
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

/// The beginning of a spelling, its control characters escaped.
fn shown(spelling: &str) -> String {
    const CHARACTERS_MAX: usize = 200;
    let mut shown = String::new();
    for c in spelling.chars().take(CHARACTERS_MAX) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        fn numbers_are_read_as_they_are(value: f64, narrow: f32, small: i16) {
            let wide = Dtype::parse(">f8").float(&value.to_be_bytes()).unwrap();
            prop_assert_eq!(wide.to_bits(), value.to_bits());
            let read = Dtype::parse("<f4").float(&narrow.to_le_bytes()).unwrap();
            prop_assert!(read.to_bits() == f64::from(narrow).to_bits() || narrow.is_nan());
            prop_assert_eq!(Dtype::parse("<i2").integer(&small.to_le_bytes()), Some(small.into()));
        }

        #[test]
        fn signed_numbers_are_read(value: i64) {
            prop_assert_eq!(Dtype::parse("<i8").text(&value.to_le_bytes()), Some(value.to_string()));
        }
    }

    #[test]
    fn a_number_is_read_as_what_it_is_or_not_at_all() {
        assert_eq!(Dtype::parse("<u8").integer(&[0xff; 8]), None);
        assert_eq!(Dtype::parse("<f2").float(&[0x00, 0x3c]), Some(1.0));
        assert_eq!(Dtype::parse("<f4").integer(&[0; 4]), None);
        assert_eq!(Dtype::parse("<i4").float(&[0; 4]), None);
    }
}
