use crate::StoreError;
use sqlx::{
    ConnectOptions as _, Executor as _, Postgres, Transaction,
    postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions},
};
use std::{str::FromStr, time::Duration};

/// Channel on which a new event of an audit is announced; the payload is the audit's id.
pub const EVENTS_CHANNEL: &str = "audit_events";
/// Channel on which new work is announced. It only shortens a worker's wait.
pub const WORK_CHANNEL: &str = "work";

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// The connection pool.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pool: PgPool,
}

/// How a database's schema stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// Every migration of this program has been applied, and no other.
    Current,
    /// Some have not been applied.
    Older,
    /// A newer program has changed it: this one may neither read nor write it.
    Newer(NewerSchema),
}

/// A migration that this program does not know has been applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database was brought to schema {version} ({name}) by a newer Unearth; this one knows schemas up to {known}: \
     use the newer one, or restore a backup from before"
)]
pub struct NewerSchema {
    /// The newest migration that was applied.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// The newest migration that this program knows.
    pub known: i64,
}

impl Database {
    /// Connects to `url` with at most `connections` connections.
    ///
    /// # Errors
    /// When the URL cannot be read or the server not be reached within ten seconds.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("unearth")
            // Streams of snapshots are long on purpose; what fails is logged where it is handled.
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(10))
            // Compiling a query takes longer than what it saves on tables of some million rows. Asked for in words: poolers
            // refuse connections that begin with options.
            .after_connect(|connection, _| {
                Box::pin(async { connection.execute("set jit = off").await.map(drop) })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Begins a transaction, which is rolled back when it is dropped, even while it begins.
    ///
    /// sqlx 0.9.0 forgets one whose `begin` is dropped at the wrong moment, and hands its connection out with the transaction open
    /// (its issue 4385). A task of its own is not dropped with its caller, and then drops a transaction that has begun.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        #[expect(clippy::disallowed_methods, reason = "it is not dropped here")]
        let begun = tokio::spawn(async move { pool.begin().await });
        Ok(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
    }

    /// Brings the schema up to date, once, under an advisory lock.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] with nothing changed, or a migration fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if let Schema::Newer(newer) = self.schema().await? {
            return Err(newer.into());
        }
        Ok(MIGRATOR.run(&self.pool).await?)
    }

    /// Brings the schema up to that of a version, no further.
    pub(crate) async fn migrate_to(&self, version: i64) -> Result<(), StoreError> {
        Ok(MIGRATOR.run_to(version, &self.pool).await?)
    }

    /// The newest migration that this program knows.
    pub(crate) fn newest_schema() -> i64 {
        MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0)
    }

    /// How the schema stands to this program.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let known = Self::newest_schema();
        let applied = self.applied_schema().await?;
        Ok(match applied {
            Some((version, _)) if version == known => Schema::Current,
            Some((version, name)) if version > known => Schema::Newer(NewerSchema {
                version,
                name,
                known,
            }),
            _ => Schema::Older,
        })
    }

    /// The newest migration that was applied, and its name.
    pub(crate) async fn applied_schema(&self) -> Result<Option<(i64, String)>, StoreError> {
        let table = sqlx::query_scalar!(
            "-- database::applied_schema
             select to_regclass('_sqlx_migrations') is not null"
        )
        .fetch_one(&self.pool)
        .await?;
        if table != Some(true) {
            return Ok(None);
        }
        // The table belongs to sqlx and may be absent when queries are checked, so not a macro.
        let applied = sqlx::query_as(
            "select version, description from _sqlx_migrations where success
             order by version desc limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(applied)
    }

    /// Tells the planner what has just been scored: without it, a filter of a large ranking is planned as if the
    /// tables were empty until the server looks by itself, about a minute later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_statistics(&self) -> Result<(), StoreError> {
        sqlx::raw_sql("analyze scores, suggestions")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Asks the server for its version, such as `15.18`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn server_version(&self) -> Result<String, StoreError> {
        let version = sqlx::query_scalar!(
            r#"-- database::server_version
               select current_setting('server_version') as "version!""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(version)
    }

    /// Size of the database on disk, bytes.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn size_bytes(&self) -> Result<u64, StoreError> {
        let bytes = sqlx::query_scalar!(
            r#"-- database::size_bytes
               select pg_database_size(current_database()) as "bytes!""#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(bytes as u64)
    }

    /// Directory that the server keeps its data in; none without the right to know.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn data_directory(&self) -> Result<Option<String>, StoreError> {
        let directory = sqlx::query_scalar!(
            "-- database::data_directory
             select current_setting('data_directory', true)"
        )
        .fetch_one(&self.pool)
        .await;
        match directory {
            Ok(directory) => Ok(directory),
            Err(sqlx::Error::Database(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A listener on `channel`, with a connection of its own that is renewed when it breaks.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn listen(&self, channel: &str) -> Result<PgListener, StoreError> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use unearth_postgres::TestPostgres;

    #[tokio::test]
    async fn a_transaction_that_is_dropped_while_it_begins_is_over() {
        let postgres = TestPostgres::shared().unwrap();
        let db = Database::connect(postgres.url(), 1).await.unwrap();
        let others = Database::connect(postgres.url(), 1).await.unwrap();
        sqlx::query("create table begun (polls integer)")
            .execute(&db.pool)
            .await
            .unwrap();
        for polls in 0..20 {
            {
                let mut beginning = pin!(db.begin());
                for _ in 0..polls {
                    if futures::poll!(&mut beginning).is_ready() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            sqlx::query("insert into begun values ($1)")
                .bind(polls)
                .execute(&db.pool)
                .await
                .unwrap();
            let seen: i64 = sqlx::query_scalar("select count(*) from begun where polls = $1")
                .bind(polls)
                .fetch_one(&others.pool)
                .await
                .unwrap();
            assert_eq!(seen, 1, "dropped after {polls} looks");
        }
    }
}
