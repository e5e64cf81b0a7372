//! Lines of JSON as dataset cartography writes them:
//! `{"guid": 17, "logits_epoch_3": [0.1, 2.5], "gold": 1}`.

use crate::{
    BATCH_BYTES_MAX, BatchError, Code, Table,
    table::{Column, Values},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use std::fmt;

/// Reads the lines; the columns are `key`, `logits` and `label`.
pub(crate) fn read(bytes: &[u8]) -> Result<Table, BatchError> {
    let text = str::from_utf8(bytes)
        .map_err(|_| BatchError::unreadable("the lines are not valid UTF-8"))?;
    let (mut keys, mut logits, mut golds) = (Vec::new(), Vec::new(), Vec::new());
    let mut classes = None;
    let mut left = BATCH_BYTES_MAX;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row = keys.len();
        let line: Line = serde_json::from_str(line).map_err(|error| {
            let detail = format!("cannot be read: {error}");
            BatchError::unreadable(detail).at_row(row).hint(
                "a line looks like {\"guid\": \"a.png\", \"logits_epoch_0\": [0.1, 2.5], \"gold\": 1}",
            )
        })?;
        let width = *classes.get_or_insert(line.logits.len());
        if line.logits.len() != width {
            let detail = format!(
                "has {} numbers, the rows before have {width}",
                line.logits.len()
            );
            return Err(BatchError::of_column(Code::WrongColumn, "logits", detail).at_row(row));
        }
        left = left
            .checked_sub(width.saturating_mul(8) + line.guid.len() + 2 * size_of::<String>())
            .ok_or_else(BatchError::too_large)?;
        keys.push(line.guid);
        logits.extend(line.logits);
        golds.extend(line.gold);
        if !golds.is_empty() && golds.len() != keys.len() {
            let detail = "is there in some lines only";
            return Err(BatchError::of_column(Code::WrongColumn, "gold", detail).at_row(row));
        }
    }
    let rows = keys.len();
    let mut columns = vec![
        column("key", vec![], Values::Texts(keys)),
        column("logits", vec![classes.unwrap_or(0)], Values::Floats(logits)),
    ];
    if !golds.is_empty() {
        columns.push(column("label", vec![], labels(golds)?));
    }
    Table::new(columns.into_iter().map(|column| (column, rows)).collect())
}

fn column(name: &str, axes: Vec<usize>, values: Values) -> Column {
    Column {
        name: name.to_owned(),
        axes,
        values,
    }
}

fn labels(golds: Vec<Gold>) -> Result<Values, BatchError> {
    let (mut classes, mut names) = (Vec::new(), Vec::new());
    for gold in golds {
        match gold {
            Gold::Class(class) => classes.push(class),
            Gold::Name(name) => names.push(name),
        }
    }
    match (classes.is_empty(), names.is_empty()) {
        (_, true) => Ok(Values::Integers(classes)),
        (true, _) => Ok(Values::Texts(names)),
        _ => Err(BatchError::of_column(
            Code::WrongColumn,
            "gold",
            "is a number in some lines and text in others",
        )),
    }
}

/// A label: a class of the model, or the name of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Gold {
    Class(i64),
    Name(String),
}

/// An id, which cartography keeps as a number where it is one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Guid {
    Number(i64),
    Text(String),
}

struct Line {
    guid: String,
    logits: Vec<f32>,
    gold: Option<Gold>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with guid, logits_epoch_… and gold")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let (mut guid, mut logits, mut gold) = (None, None, None);
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "guid" => guid = Some(map.next_value()?),
                "gold" => gold = Some(map.next_value()?),
                field if field.starts_with("logits") => {
                    if logits.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("there are logits of two epochs"));
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Line {
            guid: match guid.ok_or_else(|| A::Error::missing_field("guid"))? {
                Guid::Number(number) => number.to_string(),
                Guid::Text(text) => text,
            },
            logits: logits.ok_or_else(|| A::Error::missing_field("logits_epoch_…"))?,
            gold,
        })
    }
}
