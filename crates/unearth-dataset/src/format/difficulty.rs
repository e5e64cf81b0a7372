//! How hard users hold their examples to be, as tables write it.

/// The difficulty that a cell holds; none where it is empty.
///
/// # Errors
/// What is wrong with it, as part of a sentence.
pub(super) fn parse(cell: &str) -> Result<Option<f64>, &'static str> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Ok(None);
    }
    let number: Option<f64> = cell.parse().ok();
    match number.filter(|number| number.is_finite()) {
        Some(number) => Ok(Some(number)),
        None => {
            Err("has a difficulty that is not a finite number; leave it empty where it is unknown")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difficulty_is_a_finite_number_or_unknown() {
        assert_eq!(parse(" 0.25 "), Ok(Some(0.25)));
        assert_eq!(parse("-1e3"), Ok(Some(-1000.0)));
        assert_eq!(parse(""), Ok(None));
        for wrong in ["hard", "nan", "inf", "1,5"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
