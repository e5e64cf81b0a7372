//! Records of all examples at every epoch.

use super::{
    arrays::{Array, Npz, npy, npz},
    lines::Lines,
    posting::Posting,
    rows_per_batch,
};
use anyhow::{Result, bail, ensure};
use std::path::Path;
use unearth_audit::Quantity;

/// Records in files.
pub(crate) enum Dynamics {
    /// Arrays whose first axes are epochs and examples.
    Arrays(Arrays),
    /// Cartography's lines, a file per epoch.
    Lines(Lines),
}

/// Arrays `[E, N]` or `[E, N, C]`.
pub(crate) struct Arrays {
    columns: Vec<Array>,
    epochs: usize,
    examples: usize,
}

impl Dynamics {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Lines::open(path).map(Self::Lines);
        }
        Arrays::open(path).map(Self::Arrays)
    }

    /// Number of epochs.
    pub(crate) fn epochs(&self) -> usize {
        match self {
            Self::Arrays(arrays) => arrays.epochs,
            Self::Lines(lines) => lines.epochs(),
        }
    }

    /// Number of examples, with the probes after them.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Arrays(arrays) => arrays.examples,
            Self::Lines(lines) => lines.rows(),
        }
    }

    /// The lines, where it is made of them: they name their examples.
    pub(crate) fn lines(&self) -> Option<&Lines> {
        match self {
            Self::Arrays(_) => None,
            Self::Lines(lines) => Some(lines),
        }
    }

    /// How many classes the logits have; none without logits.
    pub(crate) fn classes(&self) -> Option<usize> {
        match self {
            Self::Lines(lines) => Some(lines.classes()),
            Self::Arrays(arrays) => {
                let logits = arrays.columns.iter().find(|array| array.name == "logits")?;
                logits.header.shape.get(2).copied()
            }
        }
    }

    /// Whether it names classes of the model.
    pub(crate) fn names_classes(&self) -> bool {
        match self {
            Self::Lines(_) => true,
            Self::Arrays(arrays) => arrays
                .columns
                .iter()
                .any(|array| ["logits", "predicted", "best_other"].contains(&array.name.as_str())),
        }
    }

    /// Bytes to post.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.bytes(),
            Self::Arrays(arrays) => {
                let bytes = |array: &Array| {
                    array.header.elements().unwrap_or(0) * array.header.dtype.size as u64
                };
                arrays.columns.iter().map(bytes).sum()
            }
        }
    }

    /// Posts all of them.
    pub(crate) async fn post(self, posting: &mut Posting<'_>) -> Result<()> {
        match self {
            Self::Arrays(arrays) => arrays.post(posting).await,
            Self::Lines(lines) => lines.post(posting).await,
        }
    }
}

impl Arrays {
    fn open(path: &Path) -> Result<Self> {
        let mut file = Npz::open(path)?;
        let known = Quantity::ALL
            .map(Quantity::as_str)
            .into_iter()
            .chain(["logits"]);
        let names: Vec<&str> = known.filter(|name| file.has(name)).collect();
        let mut arrays: Vec<Array> = Vec::new();
        for name in names {
            arrays.push(file.array(name)?);
        }
        let Some(first) = arrays.first() else {
            bail!(
                "`{}` has none of the arrays {} and logits",
                path.display(),
                Quantity::ALL.map(Quantity::as_str).join(", ")
            );
        };
        let [epochs, examples, ..] = first.header.shape[..] else {
            bail!(
                "`{}` has the shape {}; its first axes must be epochs and examples",
                first.name,
                first.header.shape_text()
            );
        };
        for array in &arrays {
            let wanted = if array.name == "logits" { 3 } else { 2 };
            let shape = &array.header.shape;
            ensure!(
                shape.len() == wanted && shape[..2] == [epochs, examples],
                "`{}` has the shape {}, `{}` has {epochs} epochs of {examples} examples",
                array.name,
                array.header.shape_text(),
                first.name
            );
        }
        Ok(Self {
            columns: arrays,
            epochs,
            examples,
        })
    }

    async fn post(mut self, posting: &mut Posting<'_>) -> Result<()> {
        let width = |array: &Array| array.header.shape[2..].iter().product::<usize>();
        let row_bytes = |array: &Array| width(array) * array.header.dtype.size;
        let rows = rows_per_batch(self.columns.iter().map(row_bytes).sum());
        for epoch in 0..self.epochs {
            for (chunk, first) in (0..self.examples).step_by(rows).enumerate() {
                let count = rows.min(self.examples - first);
                let mut columns = Vec::with_capacity(self.columns.len());
                for array in &mut self.columns {
                    let width = width(array);
                    let start = (epoch * self.examples + first) * width;
                    let data = array.elements(start, count * width)?;
                    let shape = [&[count], &array.header.shape[2..]].concat();
                    columns.push((array.name.clone(), npy(&array.header, &shape, &data)));
                }
                let place = format!("records/{}/{chunk}", epoch + 1);
                let body = npz(&columns)?;
                posting
                    .put(&place, Some(first), "application/x-npz", body)
                    .await?;
            }
        }
        Ok(())
    }
}
