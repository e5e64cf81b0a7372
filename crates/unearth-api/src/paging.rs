//! Pages of lists: a limit, and a cursor to go on from.

use crate::problem::Problem;
use std::str::FromStr;

/// How many items a page may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) default: i64,
    pub(crate) max: i64,
}

impl PageSize {
    /// The limit asked for, or the default.
    pub(crate) fn limit(self, asked: Option<i64>) -> Result<i64, Problem> {
        match asked {
            None => Ok(self.default),
            Some(limit) if (1..=self.max).contains(&limit) => Ok(limit),
            Some(limit) => Err(Problem::invalid_field(
                "limit",
                format!("is {limit}, but must lie between 1 and {}", self.max),
            )),
        }
    }
}

/// Reads the `next` of the page before.
pub(crate) fn cursor<T: FromStr>(after: Option<&str>) -> Result<Option<T>, Problem> {
    after
        .map(|text| {
            text.parse().map_err(|_| {
                let detail = format!("`{text}` is not the `next` of another page of this list");
                Problem::invalid_field("after", detail)
            })
        })
        .transpose()
}

/// Splits what was read with one row more than the limit into the page and the cursor after it.
pub(crate) fn split<T, C: ToString>(
    mut rows: Vec<T>,
    limit: i64,
    cursor: impl Fn(&T) -> C,
) -> (Vec<T>, Option<String>) {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| cursor(last).to_string());
    (rows, next)
}
