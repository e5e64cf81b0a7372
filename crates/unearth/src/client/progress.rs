//! Progress for people on a terminal, and for logs otherwise.

use super::pace::Measured;
use indicatif::{DecimalBytes, HumanDuration, ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

/// How often a phase that takes long says something where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// One phase: a bar on a terminal, a line now and then and one at its end otherwise.
pub(crate) struct PhaseBar {
    title: String,
    unit: Unit,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { began: Instant, last: Instant },
}

impl PhaseBar {
    /// Begins a phase that counts in `unit`.
    pub(crate) fn begin(title: &str, unit: Unit) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            bar.enable_steady_tick(Duration::from_millis(120));
            Shown::Bar(bar)
        } else {
            let now = Instant::now();
            Shown::Lines {
                began: now,
                last: now,
            }
        };
        let mut bar = Self {
            title: String::new(),
            unit,
            shown,
        };
        bar.turn(title, unit);
        bar
    }

    /// Goes on with another part of the phase, which has its own count.
    pub(crate) fn turn(&mut self, title: &str, unit: Unit) {
        title.clone_into(&mut self.title);
        self.unit = unit;
        if let Shown::Bar(bar) = &self.shown {
            bar.set_style(unit.style());
            bar.set_message(title.to_owned());
            bar.set_prefix("");
        }
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Shows how far the phase is, with what there is to say of it.
    pub(crate) fn set(&mut self, done: u64, total: u64, note: String) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_prefix(note);
            }
            Shown::Lines { began, last } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    let so_far = self.unit.so_far(done, total, began.elapsed());
                    eprintln!("{:<22} {so_far}  {}", self.title, note.trim_start());
                }
            }
        }
    }

    /// Says something beside the bar.
    pub(crate) fn say(&self, line: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{line}")),
            Shown::Lines { .. } => eprintln!("{line}"),
        }
    }

    /// Ends the phase with one line that stays.
    pub(crate) fn end(self, summary: &str) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
        eprintln!("{:<22} {summary}", self.title);
    }
}

/// What a phase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Bytes,
    /// Examples, or sets of scores.
    Items,
    /// Phases whose length is not known.
    Nothing,
}

impl Unit {
    fn style(self) -> ProgressStyle {
        let template = match self {
            Self::Bytes => {
                "{msg:<22} {wide_bar} {decimal_bytes:>9}/{decimal_total_bytes:<9} {prefix}"
            }
            Self::Items => "{msg:<22} {wide_bar} {pos:>7}/{len:<7} {prefix}",
            Self::Nothing => "{msg:<22} {spinner} {elapsed}",
        };
        ProgressStyle::with_template(template).expect("constant templates, each parsed by a test")
    }

    fn so_far(self, done: u64, total: u64, elapsed: Duration) -> String {
        match self {
            Self::Bytes => format!("{}/{}", DecimalBytes(done), DecimalBytes(total)),
            Self::Items => format!("{done}/{total}"),
            Self::Nothing => HumanDuration(elapsed).to_string(),
        }
    }

    /// Rate and remaining time in aligned columns.
    pub(crate) fn pace(self, measured: Option<Measured>) -> String {
        let Some(measured) = measured else {
            return String::new();
        };
        let rate = match self {
            Self::Bytes => DecimalBytes(measured.per_second as u64).to_string(),
            Self::Items | Self::Nothing => format!("{:.0}", measured.per_second),
        };
        pace(Some(&rate), Some(measured.seconds_left), "left")
    }
}

/// `  5123/s  1 min 20 s left`: what is known of rate and remaining time, in aligned columns.
pub(crate) fn pace(rate: Option<&str>, seconds_left: Option<f64>, of_what: &str) -> String {
    let rate = rate.map_or_else(String::new, |rate| format!("{rate}/s"));
    let left = seconds_left.map_or_else(String::new, |seconds| {
        format!("{} {of_what}", duration(seconds))
    });
    format!("{rate:>9}  {left}")
}

/// `1 h 04 min`, `3 min 20 s`, `12 s`.
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_aligned() {
        assert_eq!(duration(0.4), "0 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(3_840.0), "1 h 04 min");
    }

    #[test]
    fn every_template_parses() {
        for unit in [Unit::Bytes, Unit::Items, Unit::Nothing] {
            unit.style();
        }
    }

    #[test]
    fn rates_of_every_unit_stand_in_one_column() {
        let measured = Some(Measured {
            per_second: 1_500_000.0,
            seconds_left: 80.0,
        });
        let (bytes, items) = (Unit::Bytes.pace(measured), Unit::Items.pace(measured));
        assert_eq!(bytes.trim_start(), "1.50 MB/s  1 min 20 s left");
        assert_eq!(items, "1500000/s  1 min 20 s left");
        assert_eq!(
            pace(None, Some(3.0), "left in all"),
            "           3 s left in all"
        );
        assert_eq!(Unit::Items.pace(None), "");
    }
}
