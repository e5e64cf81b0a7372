use crate::StoreError;
use sqlx::{
    ConnectOptions as _,
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
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Brings the schema up to date, once, under an advisory lock.
    ///
    /// # Errors
    /// When a migration fails or the schema is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(MIGRATOR.run(&self.pool).await?)
    }

    /// Whether every migration of this program has been applied.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let newest = MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0);
        let table = sqlx::query_scalar!(
            "-- database::is_migrated
             select to_regclass('_sqlx_migrations') is not null"
        )
        .fetch_one(&self.pool)
        .await?;
        if table != Some(true) {
            return Ok(false);
        }
        // The table belongs to sqlx and may be absent when queries are checked, so not a macro.
        let applied: Option<i64> =
            sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
                .fetch_one(&self.pool)
                .await?;
        Ok(applied >= Some(newest))
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
