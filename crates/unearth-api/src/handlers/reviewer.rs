//! Names of reviewers.

use crate::problem::Problem;

/// Characters in a name.
const NAME_MAX: usize = 100;

/// The name without space around it.
pub(super) fn checked(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let wrong = |detail: String| Err(Problem::invalid_field("reviewer", detail));
    if name.is_empty() {
        return wrong("say who decides".to_owned());
    }
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return wrong(format!("must be a name of at most {NAME_MAX} characters"));
    }
    Ok(name.to_owned())
}
