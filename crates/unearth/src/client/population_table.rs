//! The table of an audit's populations, like the paper's.

use super::Client;
use anyhow::Result;
use serde_json::Value;

/// What the populations of an audit disagree on; none where none were asked for.
pub(crate) async fn of(client: &Client, audit: &str) -> Result<Option<String>> {
    let shown: Value = client.get(&format!("/v1/audits/{audit}/pie")).await?;
    let report = &shown["report"];
    Ok(report.is_object().then(|| tables(report)))
}

fn tables(report: &Value) -> String {
    let mut lines = vec!["What compressed models forget".to_owned()];
    for note in report["notes"].as_array().into_iter().flatten() {
        lines.push(format!("NOTE: {}", note.as_str().unwrap_or_default()));
    }
    lines.push("Examples that were trained on".to_owned());
    lines.extend(table(&report["trained"]));
    if report["held_out"].is_object() {
        lines.push("Examples that were not".to_owned());
        lines.extend(table(&report["held_out"]));
    }
    lines.push(
        "exemplars: another class is modal than among the unpruned models; excess: over those of null, a second unpruned population; on them, elsewhere: accuracy of the unpruned models"
            .to_owned(),
    );
    lines.join("\n")
}

fn table(table: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<9} {:>6} {:>15} {:>9} {:>7} {:>7} {:>7} {:>9}",
        "models of", "models", "top-1", "exemplars", "share", "excess", "on them", "elsewhere"
    )];
    lines.extend(table["levels"].as_array().into_iter().flatten().map(row));
    lines
}

fn row(level: &Value) -> String {
    let exemplars = &level["exemplars"];
    let count = exemplars["count"].as_u64();
    let accuracy = |key: &str| percent(&exemplars[key], 1);
    format!(
        "{:<9} {:>6} {:>15} {:>9} {:>7} {:>7} {:>7} {:>9}",
        level["level"].as_str().unwrap_or_default(),
        level["models"].as_u64().unwrap_or_default(),
        top1(&level["top1"]),
        count.map_or_else(|| "–".to_owned(), |count| count.to_string()),
        percent(&exemplars["share"], 2),
        percent(&exemplars["excess"], 2),
        accuracy("unpruned_top1"),
        accuracy("unpruned_top1_elsewhere"),
    )
}

/// `91.23 ± 0.14 %`.
fn top1(top1: &Value) -> String {
    match (top1["mean"].as_f64(), top1["deviation"].as_f64()) {
        (Some(mean), Some(deviation)) => {
            format!("{:.2} ± {:.2} %", 100.0 * mean, 100.0 * deviation)
        }
        _ => percent(&top1["mean"], 2),
    }
}

fn percent(share: &Value, decimals: usize) -> String {
    let share = share.as_f64();
    share.map_or_else(
        || "–".to_owned(),
        |share| format!("{:.decimals$} %", 100.0 * share),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_align_and_what_is_not_known_is_a_dash() {
        let report = json!({
            "notes": ["4 models a population"],
            "trained": {"levels": [
                {"level": "unpruned", "models": 4, "top1": {"mean": 0.9123, "deviation": 0.0014}},
                {"level": "0.9", "models": 4, "top1": {"mean": 0.8, "deviation": null},
                 "exemplars": {"count": 120, "share": 0.012, "excess": null, "unpruned_top1": null,
                               "unpruned_top1_elsewhere": 0.93}},
            ]},
        });
        let text = tables(&report);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "NOTE: 4 models a population");
        let expected = [
            "models of models           top-1 exemplars   share  excess on them elsewhere",
            "unpruned       4  91.23 ± 0.14 %         –       –       –       –         –",
            "0.9            4         80.00 %       120  1.20 %       –       –    93.0 %",
        ];
        assert_eq!(lines[3..6], expected);
    }
}
