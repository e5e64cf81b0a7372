//! How the service is doing, in Prometheus' text format.

use std::fmt::{self, Write as _};
use unearth_store::vitals::Vitals;

/// What the database knows of all workers.
pub(crate) fn exposed(vitals: &Vitals) -> String {
    let mut text = String::new();
    write(&mut text, vitals).expect("a string takes all that is written to it");
    text
}

fn write(text: &mut String, vitals: &Vitals) -> fmt::Result {
    let gauges = [
        (
            "unearth_runs_queued",
            "Trainings that wait for a worker.",
            vitals.queued as f64,
        ),
        (
            "unearth_queue_age_seconds",
            "How long the first of them has waited; 0 where none does.",
            vitals.queue_age_seconds,
        ),
        (
            "unearth_runs_running",
            "Trainings that a worker holds.",
            vitals.running as f64,
        ),
        (
            "unearth_leases_expired",
            "Trainings whose worker has gone silent and that no other has taken yet.",
            vitals.expired as f64,
        ),
        (
            "unearth_runs_failed",
            "Trainings that failed, of audits that are there.",
            vitals.failed as f64,
        ),
        (
            "unearth_examples_per_second",
            "Examples that all workers train on or sweep over in a second.",
            vitals.examples_per_second,
        ),
        (
            "unearth_workers",
            "Workers heard of in the last minute.",
            vitals.workers as f64,
        ),
        (
            "unearth_datasets_waiting",
            "Uploads that wait for validation.",
            vitals.datasets_waiting as f64,
        ),
        (
            "unearth_database_bytes",
            "Size of the database on disk.",
            vitals.database_bytes as f64,
        ),
    ];
    for (name, help, value) in gauges {
        metric(text, name, help, "gauge", value)?;
    }
    let help = "Times that a worker went silent and another took its training over, of audits that are there.";
    let expiries = vitals.lease_expiries as f64;
    metric(
        text,
        "unearth_lease_expiries_total",
        help,
        "counter",
        expiries,
    )
}

fn metric(text: &mut String, name: &str, help: &str, kind: &str, value: f64) -> fmt::Result {
    writeln!(text, "# HELP {name} {help}")?;
    writeln!(text, "# TYPE {name} {kind}")?;
    writeln!(text, "{name} {value}")
}
