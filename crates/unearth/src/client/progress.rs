//! Progress for people on a terminal, and for logs otherwise.

use indicatif::{ProgressBar, ProgressStyle};
use std::{io::IsTerminal as _, time::Duration};

/// One phase: a bar on a terminal, a line at its beginning and end otherwise.
pub(crate) struct PhaseBar {
    bar: Option<ProgressBar>,
    title: String,
}

impl PhaseBar {
    /// Begins a phase of `total` steps, each a `unit`.
    pub(crate) fn begin(title: &str, total: u64, unit: Unit) -> Self {
        if !std::io::stderr().is_terminal() {
            eprintln!("{title} …");
            return Self {
                bar: None,
                title: title.to_owned(),
            };
        }
        let bar = ProgressBar::new(total);
        bar.set_style(unit.style());
        bar.set_message(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar: Some(bar),
            title: title.to_owned(),
        }
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn set(&self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    /// What stands behind the bar: rate, remaining time, loss.
    pub(crate) fn note(&self, note: String) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(note);
        }
    }

    /// Ends the phase with one line that stays.
    pub(crate) fn end(self, summary: &str) {
        match self.bar {
            Some(bar) => {
                bar.finish_and_clear();
                eprintln!("{:<22} {summary}", self.title);
            }
            None => eprintln!("{}: {summary}", self.title),
        }
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
