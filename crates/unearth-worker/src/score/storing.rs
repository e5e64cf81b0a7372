//! Storing rankings while the next is computed.

use crate::WorkerError;
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

/// Rankings that are kept while they are stored.
const STORED_AT_ONCE: usize = 2;

/// Rankings on their way into the database, where most of the time goes; it has more than one core.
pub(super) struct Storing<'s, F> {
    under_way: FuturesUnordered<BoxFuture<'s, Result<(), WorkerError>>>,
    done: usize,
    tell: F,
}

impl<'s, F: Fn(usize)> Storing<'s, F> {
    /// Calls `tell` with how many are stored.
    pub(super) fn new(tell: F) -> Self {
        tell(0);
        Self {
            under_way: FuturesUnordered::new(),
            done: 0,
            tell,
        }
    }

    /// Computes, and where that waits goes on storing: a transaction that is not driven keeps the run's row from whoever renews
    /// the lease.
    pub(super) async fn beside<T>(
        &mut self,
        computing: impl Future<Output = Result<T, WorkerError>>,
    ) -> Result<T, WorkerError> {
        let mut computing = std::pin::pin!(computing);
        loop {
            tokio::select! {
                biased;
                computed = &mut computing => return computed,
                Some(stored) = self.under_way.next() => self.note(stored)?,
            }
        }
    }

    /// Begins to store one more, when there is room for it.
    pub(super) async fn begin(
        &mut self,
        one: BoxFuture<'s, Result<(), WorkerError>>,
    ) -> Result<(), WorkerError> {
        if self.under_way.len() == STORED_AT_ONCE
            && let Some(stored) = self.under_way.next().await
        {
            self.note(stored)?;
        }
        self.under_way.push(one);
        Ok(())
    }

    /// Stores those that are left.
    pub(super) async fn all(&mut self) -> Result<(), WorkerError> {
        while let Some(stored) = self.under_way.next().await {
            self.note(stored)?;
        }
        Ok(())
    }

    fn note(&mut self, stored: Result<(), WorkerError>) -> Result<(), WorkerError> {
        stored?;
        self.done += 1;
        (self.tell)(self.done);
        Ok(())
    }
}
