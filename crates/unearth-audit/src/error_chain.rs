use std::error::Error;

/// An error with everything behind it in one line, `what: why: why`: for a log, or for people where
/// the causes are theirs to know. What an error says of its cause already is not said again.
pub fn error_chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
        source = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use thiserror::Error;

    #[derive(Debug, Error)]
    #[error("the disk is full")]
    struct Full;

    #[derive(Debug, Error)]
    #[error("the file cannot be written - {0}")]
    struct Repeating(#[source] Full);

    #[derive(Debug, Error)]
    #[error("nothing was saved")]
    struct Silent(#[source] Repeating);

    #[test]
    fn each_cause_is_said_once() {
        assert_eq!(
            error_chain(&Silent(Repeating(Full))),
            "nothing was saved: the file cannot be written - the disk is full"
        );
    }
}
