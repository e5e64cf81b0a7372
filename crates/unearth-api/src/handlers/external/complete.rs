//! Whether everything of an external run is there.

use crate::{
    App,
    handlers::{
        external::{not_receiving, row_space::RowSpace},
        load,
    },
    problem::{self, Problem},
};
use futures::{Stream, TryStreamExt as _};
use std::pin::pin;
use unearth_audit::{ExternalRun, FieldError, Posted, Quantity, State};
use unearth_external::{Coverage, Flaw};
use unearth_store::{
    StoreError,
    audits::Audit,
    external::{Batch, Completing},
};

/// How many epochs and checkpoints a refusal lists.
const LISTED: usize = 20;

/// Queues the run, or says what is missing or there twice. A run that was completed before stays as it is.
pub(super) async fn complete(app: &App, audit: &Audit, run: &ExternalRun) -> Result<(), Problem> {
    let (_, facts) = load::ready_dataset(app, audit.dataset_id).await?;
    let Some(mut completing) = Completing::begin(&app.db, audit.id).await? else {
        let audit = load::audit(app, audit.id).await?;
        return match audit.state {
            State::Queued | State::Running | State::Succeeded => Ok(()),
            _ => Err(not_receiving(&audit)),
        };
    };
    let space = RowSpace::of_records(app, audit, run, facts.examples).await?;
    let records = Positions {
        path: "records",
        first: 1,
        count: run.epochs,
        rows: space.len(),
    };
    let gradients = Positions {
        path: "gradients",
        first: 0,
        count: run.checkpoints.len() as u32,
        rows: facts.examples,
    };
    let records = records.look(completing.records()).await?;
    let gradients = gradients.look(completing.maps()).await?;
    let mut flaws: Vec<(String, Flawed)> =
        records.flaws.into_iter().chain(gradients.flaws).collect();
    let has_no_losses = |known: &Vec<Quantity>| !known.contains(&Quantity::Loss);
    if audit.archaeology.is_some() && records.quantities.as_ref().is_some_and(has_no_losses) {
        flaws.push(("records".to_owned(), Flawed::NoLosses));
    }
    if !flaws.is_empty() {
        completing.release().await?;
        return Err(incomplete(app, &space, flaws).await?);
    }
    let posted = Posted {
        quantities: records.quantities.unwrap_or_default(),
        gradients: !run.checkpoints.is_empty(),
    };
    completing
        .finish(&run.signals(&posted), (app.now)())
        .await?;
    Ok(())
}

/// The epochs or checkpoints that there must be.
struct Positions {
    /// Their part of the address of a batch.
    path: &'static str,
    /// The number that people give the first.
    first: u32,
    count: u32,
    /// Examples, and probes where there are some.
    rows: usize,
}

/// What was found of them.
struct Found {
    /// What is wrong, by the address of where it is.
    flaws: Vec<(String, Flawed)>,
    /// The quantities that every batch has; none without batches.
    quantities: Option<Vec<Quantity>>,
}

enum Flawed {
    Examples(Flaw),
    /// A batch has other columns than those before it.
    Columns(Vec<Quantity>, Vec<Quantity>),
    /// An archaeology was asked for, and nothing holds what it compares.
    NoLosses,
}

impl Positions {
    /// Looks at every batch, positions ascending; one position is in memory at a time.
    async fn look(
        &self,
        batches: impl Stream<Item = Result<Batch, StoreError>>,
    ) -> Result<Found, Problem> {
        let mut batches = pin!(batches);
        let mut next = batches.try_next().await?;
        let mut found = Found {
            flaws: Vec::new(),
            quantities: None,
        };
        for position in 0..self.count {
            let mut coverage = Coverage::new(self.rows);
            while let Some(batch) = next.take_if(|batch| batch.position == position) {
                found.columns(self, &batch);
                coverage.add(batch.chunk, batch.indices.into_iter());
                next = batches.try_next().await?;
            }
            if let Err(flaw) = coverage.check() {
                let place = format!("{}/{}", self.path, position + self.first);
                found.flaws.push((place, Flawed::Examples(flaw)));
            }
        }
        Ok(found)
    }
}

impl Found {
    fn columns(&mut self, positions: &Positions, batch: &Batch) {
        match &self.quantities {
            None => self.quantities = Some(batch.quantities.clone()),
            Some(known) if *known == batch.quantities => {}
            Some(known) => {
                let position = batch.position + positions.first;
                let place = format!("{}/{position}/{}", positions.path, batch.chunk);
                let flaw = Flawed::Columns(known.clone(), batch.quantities.clone());
                self.flaws.push((place, flaw));
            }
        }
    }
}

async fn incomplete(
    app: &App,
    space: &RowSpace,
    flaws: Vec<(String, Flawed)>,
) -> Result<Problem, Problem> {
    let count = flaws.len();
    let mut errors = Vec::new();
    for (place, flaw) in flaws.into_iter().take(LISTED) {
        errors.push(FieldError::new(place, words(app, space, flaw).await?));
    }
    let detail = match errors.as_slice() {
        [only] => only.to_string(),
        [first, ..] => format!("{first}; and {} more", count - 1),
        [] => "something is missing".to_owned(),
    };
    Ok(Problem::new(&problem::AUDIT_INCOMPLETE, detail)
        .errors(errors)
        .hint("put what is missing, DELETE batches that are wrong, and complete it again"))
}

async fn words(app: &App, space: &RowSpace, flaw: Flawed) -> Result<String, StoreError> {
    Ok(match flaw {
        Flawed::Examples(Flaw::Missing { first, count }) => {
            let keys = space.keys(app, &first).await?;
            let named: Vec<String> = keys
                .iter()
                .zip(&first)
                .map(|(key, index)| format!("`{key}` (index {index})"))
                .collect();
            let such_as = if count > named.len() { "such as " } else { "" };
            format!(
                "{count} examples are missing: {such_as}{}",
                named.join(", ")
            )
        }
        Flawed::Examples(Flaw::Repeated {
            example,
            batches: [one, other],
            count,
        }) => {
            let keys = space.keys(app, &[example]).await?;
            let key = keys.first().map_or("", String::as_str);
            format!(
                "{count} examples are there twice: `{key}` (index {example}) is in the batches {one} and {other}"
            )
        }
        Flawed::Columns(known, found) => format!(
            "holds {}, where the batches before it hold {}",
            names(&found),
            names(&known)
        ),
        Flawed::NoLosses => {
            "an archaeology compares `loss` over the epochs, and neither it nor `logits` were posted; without, \
             begin the audit without archaeology and probes"
                .to_owned()
        }
    })
}

fn names(quantities: &[Quantity]) -> String {
    let names: Vec<&str> = quantities
        .iter()
        .map(|quantity| quantity.as_str())
        .collect();
    names.join(", ")
}
