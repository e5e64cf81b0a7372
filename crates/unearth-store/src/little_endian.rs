//! Numbers of four bytes as they lie in `bytea` columns.

/// The bytes of `values`, one after the other.
pub(crate) fn encode<T: Copy>(values: &[T], bytes: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

/// The values in `bytes`; a rest of fewer than four is left out.
pub(crate) fn decode<T>(bytes: &[u8], value: impl Fn([u8; 4]) -> T) -> Vec<T> {
    let fours = bytes.as_chunks::<4>().0.iter();
    fours.map(|&four| value(four)).collect()
}
