//! A list of things to do, one after the other, with their times.

use std::time::{Duration, Instant};

use anyhow::Result;

/// One thing to do, named for the summary.
pub(crate) struct Step {
    name: &'static str,
    work: fn() -> Result<Outcome>,
}

/// What came of a step that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// There is nothing to do it on, or it was done before.
    Skipped(&'static str),
}

impl Step {
    pub(crate) const fn new(name: &'static str, work: fn() -> Result<Outcome>) -> Self {
        Self { name, work }
    }
}

/// Does the steps in order until one fails, and prints a summary either way.
pub(crate) fn run(steps: &[Step]) -> Result<()> {
    let mut summary = Vec::new();
    let mut failure = None;
    for step in steps {
        eprintln!("── {}", step.name);
        let begun = Instant::now();
        let result = (step.work)();
        let took = begun.elapsed();
        summary.push(summary_line(step.name, took, result.as_ref().ok()));
        if let Err(error) = result {
            failure = Some(error.context(step.name));
            break;
        }
    }
    eprintln!("── summary\n{}", summary.join("\n"));
    failure.map_or(Ok(()), Err)
}

fn summary_line(name: &str, took: Duration, outcome: Option<&Outcome>) -> String {
    let verdict = match outcome {
        Some(Outcome::Done) => "ok".to_owned(),
        Some(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
        None => "FAILED".to_owned(),
    };
    format!("  {name:<28} {:>8.1} s  {verdict}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_first_failure_ends_the_list_and_names_its_step() {
        let error = run(&[
            Step::new("fine", || Ok(Outcome::Done)),
            Step::new("broken", || bail!("the reason")),
            Step::new("never", || unreachable!("a step after a failure")),
        ])
        .unwrap_err();
        assert_eq!(format!("{error:#}"), "broken: the reason");
    }
}
