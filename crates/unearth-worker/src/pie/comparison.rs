//! One population beside the unpruned one: predictions read chunk by chunk, counted model by model.

use crate::{Worker, WorkerError, data::Data};
use bytemuck::{Pod, Zeroable};
use std::ops::Range;
use unearth_audit::{Level, Member, Population, chunk_count, chunk_range};
use unearth_columns::Column;
use unearth_signals::disagreement::{Disagreement, Votes};
use unearth_store::{
    exemplars::Exemplar,
    predictions::{self, ClassesOfChunk},
};
use uuid::Uuid;

/// Chunks that are read at once: some hundred kilobytes of predictions.
const CHUNKS_AT_ONCE: usize = 16;

/// A population and the unpruned one, over the examples that were trained on and over the others: the two are
/// never mixed.
pub(super) struct Comparison {
    trained: Part,
    held_out: Part,
}

/// Both populations over some of the examples.
pub(super) struct Part {
    pub(super) examples: u64,
    /// Examples of each class.
    pub(super) of_class: Vec<u64>,
    /// Examples of each group.
    pub(super) of_group: Vec<u64>,
    pub(super) unpruned: Models,
    pub(super) own: Models,
    /// What the populations make of each example, in index order: of all, or of none where one has no model.
    pub(super) compared: Column<Compared>,
}

/// What both populations make of one example.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Compared {
    /// Taxicab distance between the two.
    pub(super) distance: f64,
    pub(super) index: u32,
    unpruned_class: i32,
    own_class: i32,
    unpruned_agreement: f32,
    own_agreement: f32,
    /// 1 where either modal class is tied with another.
    tied: u32,
}

impl From<&Compared> for Exemplar {
    fn from(compared: &Compared) -> Self {
        Self {
            index: compared.index as i32,
            unpruned_class: compared.unpruned_class,
            own_class: compared.own_class,
            unpruned_agreement: compared.unpruned_agreement,
            own_agreement: compared.own_agreement,
            tied: compared.tied == 1,
        }
    }
}

/// The models of a population over the examples of a part.
#[derive(Clone)]
pub(super) struct Models {
    /// Which models they are.
    pub(super) numbers: Vec<u32>,
    /// `[model][class]`: examples of the class that are predicted as labelled.
    pub(super) correct_of_class: Vec<Vec<u64>>,
    /// `[model][group]`: the same of a group.
    pub(super) correct_of_group: Vec<Vec<u64>>,
    /// Sum over the examples of the share of models that predict the modal class.
    pub(super) agreement: f64,
    /// Examples whose modal class is tied.
    pub(super) ties: u64,
    /// Right predictions of all models on exemplars.
    pub(super) correct_on_exemplars: u64,
}

/// What both populations predict for one example.
struct Seen<'a> {
    unpruned: &'a [&'a [u16]],
    own: &'a [&'a [u16]],
    /// Position in the chunk.
    at: usize,
}

impl Comparison {
    /// Compares the first `models` models of a population with as many unpruned ones; `members` are all there
    /// are.
    pub(super) async fn of(
        worker: &Worker,
        audit: Uuid,
        data: &Data,
        members: &[Member],
        level: Level,
        models: u32,
    ) -> Result<Self, WorkerError> {
        let numbers = |wanted| -> Vec<u32> {
            let members = members.iter();
            let members = members.filter(|it| it.level == wanted && it.number < models);
            members.map(|member| member.number).collect()
        };
        let (unpruned, own) = (numbers(Level::Unpruned), numbers(level));
        let mut comparison = Self {
            trained: Part::new(worker, data, Population::Trained, &unpruned, &own)?,
            held_out: Part::new(worker, data, Population::HeldOut, &unpruned, &own)?,
        };
        let chunks = chunk_count(data.pack.len());
        for start in (0..chunks).step_by(CHUNKS_AT_ONCE) {
            let end = (start + CHUNKS_AT_ONCE).min(chunks);
            let read = predictions::of_chunks(
                &worker.db,
                audit,
                [Level::Unpruned, level],
                models,
                start..end,
            )
            .await?;
            for chunk in start..end {
                let of_chunk: Vec<&ClassesOfChunk> =
                    read.iter().filter(|it| it.chunk == chunk).collect();
                comparison.add(data, level, chunk, &of_chunk)?;
            }
        }
        Ok(comparison)
    }

    /// The parts that have examples.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Population, &Part)> {
        let trained = (Population::Trained, &self.trained);
        let held_out = (Population::HeldOut, &self.held_out);
        let parts = [trained, held_out].into_iter();
        parts.filter(|(population, part)| part.examples > 0 || *population == Population::Trained)
    }

    fn add(
        &mut self,
        data: &Data,
        level: Level,
        chunk: usize,
        read: &[&ClassesOfChunk],
    ) -> Result<(), WorkerError> {
        let range = chunk_range(chunk, data.pack.len());
        let unpruned = aligned(Level::Unpruned, &self.trained.unpruned, &range, read)?;
        let own = aligned(level, &self.trained.own, &range, read)?;
        for (at, index) in range.enumerate() {
            let is_trained = data.trained.binary_search(&(index as u32)).is_ok();
            let part = if is_trained {
                &mut self.trained
            } else {
                &mut self.held_out
            };
            let seen = Seen {
                unpruned: &unpruned,
                own: &own,
                at,
            };
            part.add(data, index, &seen)?;
        }
        Ok(())
    }
}

/// The predictions of every model of a population for one chunk, in the order of their numbers.
fn aligned<'r>(
    level: Level,
    models: &Models,
    range: &Range<usize>,
    read: &[&'r ClassesOfChunk],
) -> Result<Vec<&'r [u16]>, WorkerError> {
    let of = |&number: &u32| {
        let member = Member { level, number };
        let found = read.iter().find(|it| it.member == member);
        let classes = found.map(|it| it.classes.as_slice());
        classes
            .filter(|classes| classes.len() == range.len())
            .ok_or_else(|| {
                WorkerError::Inconsistent(format!(
                    "model {number} of {level} has no predictions for the examples {} to {}",
                    range.start,
                    range.end - 1
                ))
            })
    };
    models.numbers.iter().map(of).collect()
}

impl Part {
    fn new(
        worker: &Worker,
        data: &Data,
        population: Population,
        unpruned: &[u32],
        own: &[u32],
    ) -> Result<Self, WorkerError> {
        let members = data.members(population).len();
        let compared = if unpruned.is_empty() || own.is_empty() {
            0
        } else {
            members
        };
        Ok(Self {
            examples: 0,
            of_class: vec![0; data.pack.classes()],
            of_group: vec![0; data.groups.names.len()],
            unpruned: Models::new(data, unpruned),
            own: Models::new(data, own),
            compared: Column::filled(&worker.scratch, compared, Compared::zeroed())?,
        })
    }

    fn add(&mut self, data: &Data, index: usize, seen: &Seen<'_>) -> Result<(), WorkerError> {
        let label = data.pack.labels()[index] as usize;
        let group = data.groups.of(index).map(|group| group as usize);
        let position = self.examples as usize;
        self.examples += 1;
        self.of_class[label] += 1;
        if let Some(group) = group {
            self.of_group[group] += 1;
        }
        self.unpruned.count(seen.unpruned, seen.at, label, group);
        self.own.count(seen.own, seen.at, label, group);

        let classes = data.pack.classes();
        let votes = |of: &[&[u16]]| Votes::of(classes, of.iter().map(|it| it[seen.at].into()));
        if seen.unpruned.is_empty() || seen.own.is_empty() {
            return Ok(());
        }
        let (Some(unpruned), Some(own)) = (votes(seen.unpruned), votes(seen.own)) else {
            return Err(WorkerError::Inconsistent(format!(
                "a model predicts a class for example {index} that the dataset does not have"
            )));
        };
        let between = Disagreement::between(&unpruned, &own);
        self.unpruned.agreement += unpruned.agreement();
        self.own.agreement += own.agreement();
        self.unpruned.ties += u64::from(between.first.tied);
        self.own.ties += u64::from(between.second.tied);
        if between.is_exemplar() {
            self.unpruned.correct_on_exemplars += u64::from(unpruned.of_class(label));
            self.own.correct_on_exemplars += u64::from(own.of_class(label));
        }
        self.compared[position] = Compared {
            distance: between.taxicab,
            index: index as u32,
            unpruned_class: between.first.class as i32,
            own_class: between.second.class as i32,
            unpruned_agreement: unpruned.agreement() as f32,
            own_agreement: own.agreement() as f32,
            tied: between.hangs_on_a_tie().into(),
        };
        Ok(())
    }
}

impl Models {
    fn new(data: &Data, numbers: &[u32]) -> Self {
        Self {
            numbers: numbers.to_vec(),
            correct_of_class: vec![vec![0; data.pack.classes()]; numbers.len()],
            correct_of_group: vec![vec![0; data.groups.names.len()]; numbers.len()],
            agreement: 0.0,
            ties: 0,
            correct_on_exemplars: 0,
        }
    }

    fn count(&mut self, predicted: &[&[u16]], at: usize, label: usize, group: Option<usize>) {
        for (model, classes) in predicted.iter().enumerate() {
            let right = u64::from(usize::from(classes[at]) == label);
            self.correct_of_class[model][label] += right;
            if let Some(group) = group {
                self.correct_of_group[model][group] += right;
            }
        }
    }

    /// Right predictions of each model.
    pub(super) fn correct(&self) -> impl Iterator<Item = u64> + '_ {
        self.correct_of_class
            .iter()
            .map(|of_class| of_class.iter().sum())
    }
}
