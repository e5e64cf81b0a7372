//! Pure maths: records in, scores out.
