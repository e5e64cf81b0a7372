//! The short tables at the end of an audit.

use super::Client;
use anyhow::Result;
use serde_json::Value;

const ROWS: usize = 10;
const KEY_WIDTH: usize = 44;

/// The top of a ranking, in aligned columns.
pub(crate) async fn top(client: &Client, audit: &str, signal: &str, title: &str) -> Result<String> {
    let page: Value = client
        .get(&format!(
            "/v1/audits/{audit}/examples?signal={signal}&limit={ROWS}"
        ))
        .await?;
    let rows = page["items"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(table(title, rows))
}

fn table(title: &str, rows: &[Value]) -> String {
    let label_width = rows
        .iter()
        .map(|row| text(row, "label").chars().count())
        .max()
        .unwrap_or(0)
        .clamp(5, 24);
    let mut lines = vec![
        title.to_owned(),
        format!(
            "{:>5}  {:<label_width$}  {:>10}  key",
            "rank", "label", "score"
        ),
    ];
    for row in rows {
        let score = row["value"]
            .as_f64()
            .map_or_else(|| "none".to_owned(), |value| format!("{value:.4}"));
        lines.push(format!(
            "{:>5}  {:<label_width$}  {score:>10}  {}",
            row["rank"].as_i64().unwrap_or(0),
            shortened(text(row, "label"), label_width),
            shortened(text(row, "key"), KEY_WIDTH),
        ));
    }
    lines.join("\n")
}

/// What the archaeology of an audit tells apart, and how well; none where none was asked for.
pub(crate) async fn archaeology(client: &Client, audit: &str) -> Result<Option<String>> {
    let shown: Value = client
        .get(&format!("/v1/audits/{audit}/archaeology"))
        .await?;
    let report = &shown["report"];
    Ok(report.is_object().then(|| categories(report)))
}

fn categories(report: &Value) -> String {
    let figure = |value: &Value| {
        value
            .as_f64()
            .map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
    };
    let mut lines = vec![
        format!("Kinds of examples. {}", text(report, "verdict")),
        format!(
            "{:<22} {:>8} {:>6} {:>10} {:>6} {:>9}",
            "category", "examples", "share", "prevalence", "recall", "precision"
        ),
    ];
    for category in report["categories"].as_array().into_iter().flatten() {
        lines.push(format!(
            "{:<22} {:>8} {:>6} {:>10} {:>6} {:>9}{}",
            shortened(text(category, "name"), 22),
            category["called"].as_u64().unwrap_or(0),
            figure(&category["share"]),
            figure(&category["prevalence"]),
            figure(&category["recall"]),
            figure(&category["precision"]),
            if category["reliable"] == true {
                ""
            } else {
                "  unreliable"
            },
        ));
    }
    lines.join("\n")
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The end of a long name tells more than its beginning.
fn shortened(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let tail: String = text.chars().skip(length - (width - 1)).collect();
    format!("…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_align_and_long_keys_keep_their_end() {
        let rows = [
            json!({"rank": 1, "label": "cat", "value": 12.5, "key": "a".repeat(60) + "/end.png"}),
            json!({"rank": 2, "label": "elephant", "value": null, "key": "b.png"}),
        ];
        let table = table("hardest examples", &rows);
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[2].ends_with("/end.png") && lines[2].contains("12.5000  …"),
            "{table}"
        );
        assert_eq!(lines[3], "    2  elephant        none  b.png");
    }
}
