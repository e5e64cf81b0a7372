//! What must be true whatever happened.

use super::{
    client::{Client, rankings},
    faults::Machine,
};
use crate::real::runtime;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::{fs, path::Path};

/// What holds at any moment at which the database answers.
pub(crate) fn hold_meanwhile(machine: &Machine) {
    let Some(url) = unearth_postgres::connect_running(&machine.home().join("postgres")) else {
        return;
    };
    let broken = runtime().block_on(async {
        let mut sql = PgConnection::connect(&url).await.ok()?;
        broken_rules(&mut sql, &ALWAYS).await
    });
    // A database that dies meanwhile is the next round's.
    if let Some(broken) = broken {
        assert_eq!(broken, Vec::<&str>::new());
    }
}

/// What holds once everything accepted has come to its end.
pub(crate) fn hold_at_the_end(machine: &Machine, client: &Client, expected: &[String]) {
    let (unearth, accepted) = (machine.unearth(), client.accepted());
    // Which answers as soon as Postgres and the API are back.
    unearth.wait_for_answer("/readyz");
    for audit in &accepted.audits {
        let found = rankings(machine, audit);
        assert!(found == expected, "audit {audit} ranks differently");
    }
    for dataset in &accepted.datasets {
        unearth.wait_for(&format!("/v1/datasets/{dataset}"), |dataset| {
            assert_ne!(dataset["state"], "failed", "{dataset}");
            dataset["state"] == "ready"
        });
    }
    let url = unearth_postgres::connect_running(&machine.home().join("postgres"));
    runtime().block_on(async {
        let url = url.expect("Postgres runs");
        let mut sql = PgConnection::connect(&url).await.expect("it lets us in");
        let rules = [&ALWAYS[..], &AT_THE_END].concat();
        let broken = broken_rules(&mut sql, &rules).await.expect("it answers");
        assert_eq!(broken, Vec::<&str>::new());
        let ids: Vec<uuid::Uuid> = (accepted.decisions.iter())
            .map(|id| id.parse().expect("we made it"))
            .collect();
        let there: i64 =
            sqlx::query_scalar("select count(*) from review_actions where id = any($1)")
                .bind(&ids)
                .fetch_one(&mut sql)
                .await
                .expect("it answers");
        assert_eq!(there, ids.len() as i64, "decisions were lost");
    });
    assert_eq!(
        files_in(&machine.home().join("scratch")),
        Vec::<String>::new()
    );
}

/// Names of rules with a query that says whether each holds.
type Rule = (&'static str, &'static str);

const ALWAYS: [Rule; 3] = [
    (
        "events are numbered without gaps",
        "select not exists (
             select from audits
             where event_seq <> (select count(*) from audit_events where audit_id = audits.id)
                or event_seq <> (select coalesce(max(seq), 0) from audit_events where audit_id = audits.id))",
    ),
    (
        "snapshots are a run's",
        r"select not exists (
             select from pg_class
             where relkind = 'r' and relname ~ '^snapshot_chunks_run_\d+$'
               and substring(relname from '\d+$')::bigint not in (select id from runs))",
    ),
    (
        "a ready ranking is whole",
        "select not exists (
             select from score_sets where state = 'ready'
               and (select count(*) from scores where score_set_id = score_sets.id)
                   <> (select octet_length(indices) / 4 from score_columns where score_set_id = score_sets.id))",
    ),
];

const AT_THE_END: [Rule; 2] = [
    (
        "nothing runs without a live lease, and nothing waits",
        "select not exists (select from runs where state in ('running', 'queued'))",
    ),
    (
        "every audit has succeeded",
        "select not exists (select from audits where state <> 'succeeded')",
    ),
];

/// The names of the rules that do not hold; none where the database does not answer.
async fn broken_rules(sql: &mut PgConnection, rules: &[Rule]) -> Option<Vec<&'static str>> {
    let mut broken = Vec::new();
    for &(name, query) in rules {
        let holds: bool = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(&mut *sql)
            .await
            .ok()?;
        if !holds {
            broken.push(name);
        }
    }
    Some(broken)
}

/// Files below a folder, however deep.
fn files_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        if entry.path().is_dir() {
            files.extend(files_in(&entry.path()));
        } else {
            files.push(entry.path().display().to_string());
        }
    }
    files
}
