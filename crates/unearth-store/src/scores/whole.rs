//! A whole ranking, read at once.

use super::{Beside, Filter, RankedRow, push_source, row::push_rows};
use crate::{Database, StoreError};
use futures::{
    Stream, StreamExt as _, TryStreamExt as _, future,
    stream::{self, BoxStream, TryChunksError},
};
use sqlx::{Postgres, QueryBuilder, pool::PoolConnection};
use std::panic;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// Some rows of a ranking, in rank order.
type Piece = Result<Vec<RankedRow>, StoreError>;

/// Streams the rows that a filter leaves, hardest first, so many in a piece, in constant memory. Ends with
/// [`StoreError::Deleted`] where the ranking is there no more.
///
/// It is one query: Postgres joins what stands beside a million rows in one go far faster than page by page. It keeps a
/// connection until the last piece was taken, so whoever takes them must not wait for a client.
pub fn stream(
    db: &Database,
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
    beside: Beside,
    rows: usize,
) -> BoxStream<'static, Piece> {
    let query = select(score_set, dataset, filter, beside);
    let db = db.clone();
    // Not before the first piece is asked for.
    let begun = future::lazy(move |_| begin(db, score_set, query, rows));
    stream::once(begun).flatten().boxed()
}

/// Reads in a task of its own: the next piece is decoded while the one before is made use of.
fn begin(
    db: Database,
    score_set: i64,
    query: QueryBuilder<Postgres>,
    rows: usize,
) -> impl Stream<Item = Piece> {
    let (pieces, taken) = mpsc::channel(1);
    let reading = tokio::spawn(async move {
        if let Err(error) = read(&db, score_set, query, rows, &pieces).await {
            // Nobody listens any more where this fails.
            let _ = pieces.send(Err(error)).await;
        }
    });
    stream::unfold(Some((taken, AbortOnDropHandle::new(reading))), next)
}

type State = (Receiver<Piece>, AbortOnDropHandle<()>);

async fn next(state: Option<State>) -> Option<(Piece, Option<State>)> {
    let (mut taken, reading) = state?;
    match taken.recv().await {
        Some(piece) => {
            let state = piece.is_ok().then_some((taken, reading));
            Some((piece, state))
        }
        None => match reading.await {
            Ok(()) => None,
            // Nobody cancels it while it is waited for.
            Err(panicked) => panic::resume_unwind(panicked.into_panic()),
        },
    }
}

async fn read(
    db: &Database,
    score_set: i64,
    mut query: QueryBuilder<Postgres>,
    rows: usize,
    pieces: &Sender<Piece>,
) -> Result<(), StoreError> {
    let mut reading = Reading::begin(db).await?;
    // Planned anew each time, for the bounds that it has.
    let query = query.build_query_as().persistent(false);
    let mut found = query.fetch(&mut *reading.connection).try_chunks(rows);
    let mut is_empty = true;
    while let Some(piece) = found.next().await {
        is_empty = false;
        let piece = piece.map_err(|TryChunksError(_, error)| error)?;
        if pieces.send(Ok(piece)).await.is_err() {
            return Ok(());
        }
    }
    drop(found);
    reading.is_done = true;
    drop(reading);
    if is_empty && !is_there(db, score_set).await? {
        return Err(StoreError::Deleted("the ranking"));
    }
    Ok(())
}

/// A connection that goes back to the pool when its query has come to its end. When that is broken off it is closed: the pool
/// would read all the rows that were still to come.
struct Reading {
    connection: PoolConnection<Postgres>,
    is_done: bool,
}

impl Reading {
    async fn begin(db: &Database) -> Result<Self, StoreError> {
        Ok(Self {
            connection: db.pool.acquire().await?,
            is_done: false,
        })
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_done {
            self.connection.close_on_drop();
        }
    }
}

fn select(
    score_set: i64,
    dataset: Uuid,
    filter: &Filter,
    beside: Beside,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "-- scores::whole\nwith part as not materialized (select scores.* from scores ",
    );
    push_source(&mut query, score_set, dataset, filter);
    push_rows(&mut query, dataset, beside);
    query.push(" order by scores.rank");
    query
}

/// Whether a score set is there, and with it all of its rows: they go in one transaction.
async fn is_there(db: &Database, score_set: i64) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- scores::is_there
           select exists (select from score_sets where id = $1) as "found!""#,
        score_set
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(found)
}
