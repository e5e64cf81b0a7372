//! One-off connections for the tests.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

pub(crate) fn try_connect(url: &str) -> Result<(), sqlx::Error> {
    run(async { PgConnection::connect(url).await?.close().await })
}

pub(crate) fn execute(url: &str, sql: &str) {
    run(async {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
    })
    .unwrap();
}

/// The first column of the first row, as text.
pub(crate) fn outcome(url: &str, sql: &str) -> Result<String, sqlx::Error> {
    run(async {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
    })
}

pub(crate) fn value(url: &str, sql: &str) -> String {
    outcome(url, sql).unwrap()
}
