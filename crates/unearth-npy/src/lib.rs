//! The npy format: a Python literal that describes an array, then its elements.
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! [`Header::parse`] reads foreign bytes: it never panics, never recurses and never allocates on a
//! header's word. Pickled objects are told by their [`Kind`] and never read.

mod dtype;
mod header;

pub use dtype::{Dtype, Kind};
pub use header::{Header, HeaderError};
