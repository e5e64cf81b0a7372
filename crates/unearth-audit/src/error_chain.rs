use std::{error::Error, fmt::Write as _};

/// An error with everything behind it in one line, `what: why: why`: for a log, or for people where
/// the causes are theirs to know.
pub fn error_chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        write!(line, ": {error}").expect("writing to a string cannot fail");
        source = error.source();
    }
    line
}
