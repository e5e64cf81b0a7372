//! Whether everything of an external run is there.

use crate::{
    App,
    handlers::{external::not_receiving, load},
    problem::{self, Problem},
};
use futures::{Stream, TryStreamExt as _};
use std::pin::pin;
use unearth_audit::{ExternalRun, FieldError, Posted, Quantity, State};
use unearth_external::{Coverage, Flaw};
use unearth_store::{
    StoreError,
    audits::Audit,
    examples as dataset,
    external::{Batch, Completing},
    probes,
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
    let records = Positions {
        path: "records",
        first: 1,
        count: run.epochs,
        rows: facts.examples + run.probes as usize,
    };
    let gradients = Positions {
        path: "gradients",
        first: 0,
        count: run.checkpoints.len() as u32,
        rows: facts.examples,
    };
    let records = records.look(completing.records()).await?;
    let gradients = gradients.look(completing.maps()).await?;
    let flaws: Vec<(String, Flawed)> = records.flaws.into_iter().chain(gradients.flaws).collect();
    if !flaws.is_empty() {
        completing.release().await?;
        return Err(incomplete(app, audit, facts.examples, flaws).await?);
    }
    let posted = Posted {
        quantities: records.quantities.unwrap_or_default(),
        gradients: !run.checkpoints.is_empty(),
    };
    if audit.archaeology.is_some() && !posted.quantities.contains(&Quantity::Loss) {
        completing.release().await?;
        let detail = "an archaeology compares `loss` over the epochs, and neither it nor `logits` were posted";
        let error = FieldError::new("records", detail);
        return Err(Problem::new(&problem::AUDIT_INCOMPLETE, error.to_string())
            .errors(vec![error])
            .hint("post it, or begin the audit without archaeology and probes"));
    }
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
    audit: &Audit,
    examples: usize,
    flaws: Vec<(String, Flawed)>,
) -> Result<Problem, Problem> {
    let count = flaws.len();
    let mut errors = Vec::new();
    for (place, flaw) in flaws.into_iter().take(LISTED) {
        errors.push(FieldError::new(
            place,
            words(app, audit, examples, flaw).await?,
        ));
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

async fn words(
    app: &App,
    audit: &Audit,
    examples: usize,
    flaw: Flawed,
) -> Result<String, StoreError> {
    Ok(match flaw {
        Flawed::Examples(Flaw::Missing { first, count }) => {
            let keys = keys(app, audit, examples, &first).await?;
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
            let keys = keys(app, audit, examples, &[example]).await?;
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
    })
}

/// The keys of some rows, ascending by index: of examples, then of probes.
async fn keys(
    app: &App,
    audit: &Audit,
    examples: usize,
    rows: &[u32],
) -> Result<Vec<String>, StoreError> {
    let mut keys = dataset::keys(&app.db, audit.dataset_id, rows).await?;
    if keys.len() < rows.len() {
        let probes = probes::of_external(&app.db, audit.id).await?;
        let probe = |&row: &u32| {
            probes
                .get((row as usize).checked_sub(examples)?)?
                .key
                .clone()
        };
        keys.extend(rows.iter().filter_map(probe));
    }
    Ok(keys)
}

fn names(quantities: &[Quantity]) -> String {
    let names: Vec<&str> = quantities
        .iter()
        .map(|quantity| quantity.as_str())
        .collect();
    names.join(", ")
}
