//! An evaluation as a picture: average precision and AUROC of every ranking, each mean with its range.

use super::{
    Evaluation,
    figures::Summary,
    spread::shown,
    table::{chance, what},
};
use std::fmt::Write as _;
use unearth_audit::Spread;

const MARGIN: f64 = 16.0;
const NAMES: f64 = 132.0;
const PANEL: f64 = 300.0;
const GAP: f64 = 28.0;
const ROW: f64 = 22.0;
const HEAD: f64 = 82.0;
const FOOT: f64 = 44.0;
/// Ticks of both axes, from 0 to 1.
const TICKS: usize = 5;

const INK: &str = "#1c2024";
const FAINT: &str = "#6b7280";
const LINE: &str = "#d9dce1";
const SIGNAL: &str = "#2563eb";
const BASELINE: &str = "#c2410c";

/// One of the two pictures side by side.
struct Panel {
    title: &'static str,
    left: f64,
    chance: f64,
    figure: fn(&Summary) -> Spread,
}

/// An SVG that needs nothing beside it.
pub(crate) fn svg(evaluation: &Evaluation) -> String {
    let rows = evaluation.rankings.len() as f64;
    let width = MARGIN + NAMES + PANEL + GAP + PANEL + 2.0 * MARGIN;
    let height = HEAD + rows * ROW + FOOT;
    let panels = [
        Panel {
            title: "average precision",
            left: MARGIN + NAMES,
            chance: chance(&evaluation.trials, evaluation.examples),
            figure: |summary| summary.average_precision,
        },
        Panel {
            title: "AUROC",
            left: MARGIN + NAMES + PANEL + GAP,
            chance: 0.5,
            figure: |summary| summary.auroc,
        },
    ];
    let mut drawing = Drawing::begin(width, height);
    drawing.text((MARGIN, 24.0), "start", INK, 14, &evaluation.dataset.name);
    drawing.text((MARGIN, 43.0), "start", FAINT, 12, &what(evaluation));
    for (row, summary) in evaluation.rankings.iter().enumerate() {
        let at = (MARGIN + NAMES - 10.0, middle(row) + 4.0);
        drawing.text(at, "end", colour(summary), 12, summary.ranking.name());
    }
    for panel in &panels {
        drawing.panel(panel, &evaluation.rankings);
    }
    let mut key = "dot: mean over the seeds; whiskers: their range; dashed: chance".to_owned();
    if evaluation.folds > 0 {
        let _ = write!(
            key,
            "; square: the baseline, out of fold by the same model, {} folds",
            evaluation.folds
        );
    }
    drawing.text((MARGIN, height - 10.0), "start", FAINT, 11, &key);
    drawing.end()
}

/// Where a row is, from the top.
fn middle(row: usize) -> f64 {
    HEAD + (row as f64 + 0.5) * ROW
}

fn colour(summary: &Summary) -> &'static str {
    if summary.is_baseline {
        BASELINE
    } else {
        SIGNAL
    }
}

struct Drawing(String);

impl Drawing {
    fn begin(width: f64, height: f64) -> Self {
        let mut svg = String::new();
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        );
        Self(svg)
    }

    fn panel(&mut self, panel: &Panel, rankings: &[Summary]) {
        let x = |value: f64| panel.left + value * PANEL;
        let (top, bottom) = (HEAD, HEAD + rankings.len() as f64 * ROW);
        self.text((panel.left, HEAD - 14.0), "start", INK, 12, panel.title);
        for tick in 0..=TICKS {
            let value = tick as f64 / TICKS as f64;
            self.line((x(value), top), (x(value), bottom), LINE, 1.0, "");
            self.text(
                (x(value), bottom + 14.0),
                "middle",
                FAINT,
                11,
                &format!("{value:.1}"),
            );
        }
        let chance = x(panel.chance);
        self.line((chance, top), (chance, bottom), FAINT, 1.0, "4 3");
        for (row, summary) in rankings.iter().enumerate() {
            let (Spread { mean, min, max }, y) = ((panel.figure)(summary), middle(row));
            if min < max {
                self.line((x(min), y), (x(max), y), colour(summary), 1.5, "");
                for end in [min, max] {
                    let (top, bottom) = ((x(end), y - 7.0), (x(end), y + 7.0));
                    self.line(top, bottom, colour(summary), 1.5, "");
                }
            }
            let round = if summary.is_baseline { 0 } else { 4 };
            let _ = writeln!(
                self.0,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\" rx=\"{round}\" fill=\"{}\">\
                 <title>{} {}</title></rect>",
                x(mean) - 4.0,
                y - 4.0,
                colour(summary),
                summary.ranking.name(),
                shown(&(panel.figure)(summary))
            );
        }
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64, dashes: &str) {
        let _ = writeln!(
            self.0,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" \
             stroke-width=\"{width}\" stroke-dasharray=\"{dashes}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    fn text(&mut self, at: (f64, f64), anchor: &str, colour: &str, size: u32, text: &str) {
        let _ = writeln!(
            self.0,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-size=\"{size}\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    fn end(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// Text that may hold anything, as XML; characters that XML cannot hold are left out.
fn escaped(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        assert_eq!(escaped("a<b> & \u{1b}[1mc"), "a&lt;b&gt; &amp; [1mc");
    }
}
