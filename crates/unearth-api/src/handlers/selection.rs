//! Which ranking of an audit a query means.

use crate::{
    App,
    problem::{self, Problem},
};
use serde::Deserialize;
use unearth_audit::{
    Computation, Grouping, Level, Population, Posted, ScoreKey, Scoring, Signal, State, Variant,
    Window,
};
use unearth_store::{
    audits::Audit,
    score_sets::{self, ScoreSet},
};
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SelectionQuery {
    /// The signal; `vog` by default.
    #[param(inline)]
    signal: Option<Signal>,
    /// Window of VoG: `all` (the default), `early`, `middle`, `late`, or positions such as `0-2-5`.
    window: Option<String>,
    /// Formula of VoG: `std` (the default) or `paper`.
    #[param(inline)]
    variant: Option<Variant>,
    /// Population of `pie` that is compared with the unpruned one: a sparsity such as `0.5`, `int8`, `fp16` or
    /// `null`.
    #[param(inline)]
    level: Option<Level>,
    /// Whether the examples that were trained on are ranked (the default) or the others.
    #[param(inline)]
    population: Option<Population>,
    /// How groups are compared: `global` (the default), `within_group` or `shrunken`; in datasets with groups,
    /// of `label_issue`, `final_loss` and `vog`.
    #[param(inline)]
    grouping: Option<Grouping>,
}

impl SelectionQuery {
    /// A signal, compared between groups in one way.
    pub(super) fn of(signal: Signal, population: Option<Population>, grouping: Grouping) -> Self {
        Self {
            signal: Some(signal),
            window: None,
            variant: None,
            level: None,
            population,
            grouping: Some(grouping),
        }
    }
}

/// A signal and one way of computing it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selection {
    pub(super) signal: Signal,
    pub(super) key: ScoreKey,
}

impl Selection {
    /// What the query names; VoG over all checkpoints and trained examples where it names nothing.
    pub(super) fn parse(query: &SelectionQuery) -> Result<Self, Problem> {
        let (window, variant) = (query.window.as_deref(), query.variant);
        let signal = query.signal.unwrap_or(Signal::Vog);
        refuse_unless(signal, Signal::Pie, "level", query.level.is_some())?;
        refuse_unless(signal, Signal::Vog, "window", window.is_some())?;
        refuse_unless(signal, Signal::Vog, "variant", variant.is_some())?;
        let computation = if signal == Signal::Vog {
            let window = window.unwrap_or("all");
            let window = Window::from_key(window).ok_or_else(|| {
                let detail = format!(
                    "`{window}` is not a window; it is one of all, early, middle, late, or positions in the recipe's checkpoint list such as 0-2-5"
                );
                Problem::invalid_field("window", detail)
            })?;
            let variant = variant.unwrap_or_default();
            Computation::Vog(Scoring { variant, window })
        } else if signal == Signal::Pie {
            Computation::Level(query.level.ok_or_else(no_level)?)
        } else {
            Computation::Default
        };
        let population = query.population.unwrap_or_default();
        Ok(Self {
            signal,
            key: ScoreKey {
                computation,
                population,
                grouping: query.grouping.unwrap_or_default(),
            },
        })
    }

    /// Its scores, once they are ready.
    pub(super) async fn load(&self, app: &App, audit: &Audit) -> Result<ScoreSet, Problem> {
        let key = self.key.key();
        match score_sets::get(&app.db, audit.id, self.signal.info().name, &key).await? {
            Some(set) if set.state == "ready" => Ok(set),
            Some(set) if set.state == "failed" => {
                let reason = set.error.unwrap_or_else(|| "it failed".to_owned());
                Err(Problem::new(&problem::SCORES_FAILED, reason)
                    .hint("POST the window to …/scores to try again"))
            }
            Some(_) => {
                let detail = format!("{} {key} waits for a worker", self.signal);
                Err(Problem::new(&problem::SCORES_NOT_READY, detail)
                    .hint("GET …/scores says when it is ready"))
            }
            None => Err(self.missing(audit, &key)),
        }
    }

    fn missing(&self, audit: &Audit, key: &str) -> Problem {
        if audit.state != State::Succeeded {
            return unfinished(audit);
        }
        if let Some(reason) = lack(audit, self.signal) {
            return Problem::new(&problem::SCORES_NOT_FOUND, reason)
                .hint("GET …/scores lists what there is");
        }
        let problem = Problem::new(
            &problem::SCORES_NOT_FOUND,
            format!("the audit has no scores of {} {key}", self.signal),
        );
        if self.signal == Signal::Vog && audit.signals.contains(&Signal::Vog) {
            problem.hint("POST the window to …/scores to compute it, without training again")
        } else {
            problem.hint("GET …/scores lists what there is")
        }
    }
}

/// Why a signal could not be computed from what was posted of an external run.
fn lack(audit: &Audit, signal: Signal) -> Option<String> {
    let run = audit.origin.external()?;
    if audit.signals.contains(&signal) {
        return None;
    }
    // What was posted shows in the signals that could be computed.
    let posted = Posted::behind(&audit.signals);
    run.lack(signal, &posted)
}

/// Why a population of an audit has no ranking at all.
pub(super) fn nothing_ranked(audit: &Audit, population: Population) -> Problem {
    if audit.state != State::Succeeded {
        return unfinished(audit);
    }
    let detail = match population {
        Population::Trained => "nothing of the audit was scored",
        Population::HeldOut => "every example of the audit was trained on",
    };
    Problem::new(&problem::SCORES_NOT_FOUND, detail).hint("GET …/scores lists what there is")
}

fn unfinished(audit: &Audit) -> Problem {
    let reason = audit.reason.as_deref().map(|reason| format!(": {reason}"));
    let detail = format!("it is {}{}", audit.state, reason.unwrap_or_default());
    let hint = if audit.state.is_final() {
        "POST …/retry to try it again"
    } else {
        "follow …/events until it has succeeded"
    };
    Problem::new(&problem::AUDIT_NOT_FINISHED, detail).hint(hint)
}

fn no_level() -> Problem {
    let detail = "pie compares several populations: say which, such as 0.5, int8 or null; GET …/pie lists them";
    Problem::invalid_field("level", detail)
}

/// A field that only one signal knows.
fn refuse_unless(
    signal: Signal,
    knows_it: Signal,
    field: &'static str,
    given: bool,
) -> Result<(), Problem> {
    if given && signal != knows_it {
        let detail = format!("means something for {knows_it} only, not for {signal}; leave it out");
        return Err(Problem::invalid_field(field, detail));
    }
    Ok(())
}
