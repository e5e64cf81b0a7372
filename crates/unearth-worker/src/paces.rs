//! How fast every model is here, measured while the worker has nothing else to do.

use crate::error::chain;
use futures::future::BoxFuture;
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use unearth_audit::{Model, ModelPace, Precision};

/// How long a worker waits for something better to do.
const IDLE: Duration = Duration::from_secs(5);
/// A model that takes longer is not measured.
const LONGEST: Duration = Duration::from_mins(1);

/// Measures how fast models are where the worker trains.
pub trait Measure: Send + Sync {
    /// Measures one. What it began has to end when the future is dropped: something better to do has come.
    fn pace(&self, model: Model, precision: Precision) -> BoxFuture<'_, io::Result<ModelPace>>;
}

/// What was measured, and whether there is anything else to do.
pub(crate) struct Paces {
    measured: Mutex<Vec<ModelPace>>,
    work: watch::Sender<Work>,
}

/// What else the worker does.
#[derive(Debug, Clone, Copy)]
struct Work {
    /// Pieces of work that were ever begun.
    begun: u64,
    /// Those of them that have ended.
    ended: u64,
    /// When the last one did.
    last: Instant,
}

/// A piece of work, beside which nothing is measured.
pub(crate) struct Working<'p>(&'p Paces);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.work.send_modify(|work| {
            work.ended += 1;
            work.last = Instant::now();
        });
    }
}

impl Paces {
    pub(crate) fn new() -> Self {
        Self {
            measured: Mutex::default(),
            work: watch::Sender::new(Work {
                begun: 0,
                ended: 0,
                last: Instant::now(),
            }),
        }
    }

    /// Says that the worker has something to do, until what this returns is dropped.
    pub(crate) fn working(&self) -> Working<'_> {
        self.work.send_modify(|work| work.begun += 1);
        Working(self)
    }

    /// What is known by now.
    pub(crate) fn measured(&self) -> Vec<ModelPace> {
        self.locked().clone()
    }

    /// Measures one model after the other, each once the worker has been idle for a while. Work that begins ends the
    /// measurement, which is made again later: it would cost the work time, and be wrong. What cannot be measured, as a
    /// model that does not fit the device, is left out.
    pub(crate) async fn measure(&self, with: &dyn Measure, leaving: &CancellationToken) {
        for (model, precision) in all() {
            let pace = tokio::select! {
                () = leaving.cancelled() => return,
                pace = self.undisturbed(with, model, precision) => pace,
            };
            match pace {
                Ok(pace) => {
                    tracing::debug!(
                        model = model.as_str(),
                        trained_per_second = pace.trained_per_second,
                        swept_per_second = pace.swept_per_second,
                        "pace measured"
                    );
                    self.locked().push(pace);
                }
                Err(error) => {
                    let model = model.as_str();
                    tracing::warn!(model, error = %chain(&error), "its pace cannot be measured");
                }
            }
        }
    }

    async fn undisturbed(
        &self,
        with: &dyn Measure,
        model: Model,
        precision: Precision,
    ) -> io::Result<ModelPace> {
        let mut work = self.work.subscribe();
        loop {
            let begun = idle(&mut work).await;
            tokio::select! {
                () = anything_after(begun, &mut work) => {}
                pace = timeout(LONGEST, with.pace(model, precision)) => {
                    return pace.map_err(io::Error::from).flatten();
                }
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, Vec<ModelPace>> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is measured, in this order.
fn all() -> impl Iterator<Item = (Model, Precision)> {
    Precision::ALL
        .into_iter()
        .flat_map(|precision| Model::ALL.map(|model| (model, precision)))
}

/// Waits until nothing has been done for a while, and says how much had been begun before.
async fn idle(work: &mut watch::Receiver<Work>) -> u64 {
    loop {
        until(work, |work| work.begun == work.ended).await;
        let Work { begun, last, .. } = *work.borrow();
        let disturbed = timeout_at(last + IDLE, anything_after(begun, work));
        if disturbed.await.is_err() {
            return begun;
        }
    }
}

/// Waits until more is begun.
async fn anything_after(begun: u64, work: &mut watch::Receiver<Work>) {
    until(work, |work| work.begun > begun).await;
}

async fn until(work: &mut watch::Receiver<Work>, is_so: impl FnMut(&Work) -> bool) {
    // The sender is there as long as the paces are, whose method this is called by.
    let _ = work.wait_for(is_so).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::sleep;

    /// Takes ten seconds a model; one takes for ever, another fails.
    #[derive(Default)]
    struct Slow {
        begun: AtomicUsize,
    }

    const TAKES: Duration = Duration::from_secs(10);

    impl Measure for Slow {
        fn pace(&self, model: Model, precision: Precision) -> BoxFuture<'_, io::Result<ModelPace>> {
            self.begun.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                sleep(TAKES).await;
                match model {
                    Model::ResNet18 => sleep(Duration::MAX).await,
                    Model::ResNet50 => return Err(io::Error::other("too large")),
                    _ => {}
                }
                Ok(ModelPace {
                    model,
                    precision,
                    side: 32,
                    trained_per_second: 1.0,
                    swept_per_second: 1.0,
                })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_be_measured_is_while_nothing_else_is_done() {
        let (paces, slow, staying) = (Paces::new(), Slow::default(), CancellationToken::new());
        paces.measure(&slow, &staying).await;
        let measured: Vec<_> = paces
            .measured()
            .iter()
            .map(|it| (it.model, it.precision))
            .collect();
        let expected: Vec<_> = all()
            .filter(|(model, _)| !matches!(model, Model::ResNet18 | Model::ResNet50))
            .collect();
        assert_eq!(measured, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_begins_ends_a_measurement_which_is_made_again() {
        let (paces, slow, leaving) = (Paces::new(), Slow::default(), CancellationToken::new());
        let work = async {
            sleep(IDLE + TAKES / 2).await;
            assert_eq!(slow.begun.load(Ordering::Relaxed), 1);
            let working = paces.working();
            sleep(2 * TAKES).await;
            // Work that is over at once counts as well.
            drop(working);
            sleep(IDLE / 2).await;
            drop(paces.working());
            let began = Instant::now();
            assert!(paces.measured().is_empty());
            assert_eq!(slow.begun.load(Ordering::Relaxed), 1);
            sleep(IDLE + TAKES + Duration::from_secs(1)).await;
            assert_eq!(paces.measured().len(), 1, "{:?}", began.elapsed());
            leaving.cancel();
        };
        tokio::join!(paces.measure(&slow, &leaving), work);
        assert_eq!(paces.measured()[0].model, Model::ALL[0]);
    }
}
