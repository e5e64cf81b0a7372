//! Gradient maps of all examples at every checkpoint.

use super::{
    arrays::{Npz, npy},
    posting::Posting,
    rows_per_batch,
};
use anyhow::{Context as _, Result, bail, ensure};
use std::{io::Read as _, path::Path};
use unearth_npy::Kind;

/// An npz with `gradients` [K, N, H, W].
pub(crate) struct Gradients {
    npz: Npz,
    /// K, N, H, W.
    shape: [usize; 4],
    element_bytes: usize,
    steps: Vec<u32>,
}

impl Gradients {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut npz = Npz::open(path)?;
        let (header, _) = npz.stream("gradients")?;
        let shape = header.shape_text();
        let [checkpoints, examples, height, width] = header.shape[..] else {
            bail!("`gradients` has the shape {shape}; it must be (K, N, H, W)");
        };
        ensure!(
            header.dtype.kind == Kind::Float && !header.fortran_order,
            "`gradients` must hold floating-point numbers in C order"
        );
        Ok(Self {
            steps: steps(&mut npz, checkpoints)?,
            npz,
            shape: [checkpoints, examples, height, width],
            element_bytes: header.dtype.size,
        })
    }

    /// Number of examples.
    pub(crate) fn examples(&self) -> usize {
        self.shape[1]
    }

    /// The epoch or step of each checkpoint.
    pub(crate) fn steps(&self) -> &[u32] {
        &self.steps
    }

    /// Height and width of a map.
    pub(crate) fn map_size(&self) -> (usize, usize) {
        (self.shape[2], self.shape[3])
    }

    /// Bytes to post.
    pub(crate) fn bytes(&self) -> u64 {
        self.shape.iter().map(|&axis| axis as u64).product::<u64>() * self.element_bytes as u64
    }

    /// Posts all of them, in the order of the file.
    pub(crate) async fn post(mut self, posting: &mut Posting<'_>) -> Result<()> {
        let [checkpoints, examples, height, width] = self.shape;
        let map_bytes = height * width * self.element_bytes;
        let rows = rows_per_batch(map_bytes);
        let (header, mut elements) = self.npz.stream("gradients")?;
        for checkpoint in 0..checkpoints {
            for (chunk, first) in (0..examples).step_by(rows).enumerate() {
                let count = rows.min(examples - first);
                let mut data = vec![0; count * map_bytes];
                elements
                    .read_exact(&mut data)
                    .context("`gradients` ends too early")?;
                let place = format!("gradients/{checkpoint}/{chunk}");
                let body = npy(&header, &[count, height, width], &data);
                posting
                    .put(&place, Some(first), "application/x-npy", body)
                    .await?;
            }
        }
        Ok(())
    }
}

/// The array `steps`, or 1, 2, 3 and so on.
fn steps(npz: &mut Npz, checkpoints: usize) -> Result<Vec<u32>> {
    if !npz.has("steps") {
        return Ok((1..=checkpoints as u32).collect());
    }
    let (header, mut elements) = npz.stream("steps")?;
    ensure!(
        header.shape == [checkpoints],
        "`steps` has the shape {}, and there are gradients of {checkpoints} checkpoints",
        header.shape_text()
    );
    let mut element = vec![0; header.dtype.size];
    let mut steps = Vec::with_capacity(checkpoints);
    for _ in 0..checkpoints {
        elements
            .read_exact(&mut element)
            .context("`steps` ends too early")?;
        let step = header.dtype.integer(&element);
        let step = step.and_then(|step| u32::try_from(step).ok());
        steps.push(step.context("`steps` must hold whole numbers from 0 to 4294967295")?);
    }
    Ok(steps)
}
