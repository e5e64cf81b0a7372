//! A database for each test, on a server that tests running at the same time share.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use unearth_postgres::TestPostgres;

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// An empty database and the server that it lives on for as long as this value.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    _server: Arc<TestPostgres>,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let server = TestPostgres::shared().unwrap();
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(server.url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        Self {
            url: server.url().replace("/postgres?", &format!("/{name}?")),
            _server: server,
        }
    }
}
