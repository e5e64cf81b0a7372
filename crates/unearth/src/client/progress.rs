//! Progress for people on a terminal, and for logs otherwise.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

/// How often a phase that takes long says something where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// One phase: a bar on a terminal, a line now and then and one at its end otherwise.
pub(crate) struct PhaseBar {
    title: String,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl PhaseBar {
    /// Begins a phase of `total` steps, each a `unit`.
    pub(crate) fn begin(title: &str, total: u64, unit: Unit) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total);
            bar.set_style(unit.style());
            bar.set_message(title.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            Shown::Bar(bar)
        } else {
            Shown::Lines {
                last: Instant::now(),
            }
        };
        Self {
            title: title.to_owned(),
            shown,
        }
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Shows how far the phase is, with what there is to say of it: rate, remaining time, loss.
    pub(crate) fn set(&mut self, done: u64, total: u64, note: &str) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_prefix(note.to_owned());
            }
            Shown::Lines { last } => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    eprintln!("{:<22} {done}/{total} {note}", self.title);
                }
            }
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
    Examples,
    /// Phases whose length is not known.
    Nothing,
}

impl Unit {
    fn style(self) -> ProgressStyle {
        let template = match self {
            Self::Bytes => {
                "{msg:<22} {wide_bar} {bytes:>10}/{total_bytes} {bytes_per_sec:>12} {eta:>4}"
            }
            Self::Examples => "{msg:<22} {wide_bar} {pos:>7}/{len} {prefix}",
            Self::Nothing => "{msg:<22} {spinner} {elapsed}",
        };
        ProgressStyle::with_template(template).expect("constant templates, each parsed by a test")
    }
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
        for unit in [Unit::Bytes, Unit::Examples, Unit::Nothing] {
            unit.style();
        }
    }
}
