//! The tables of a database, as it says itself.

use crate::StoreError;
use sqlx::{AssertSqlSafe, PgConnection};
use std::collections::HashSet;

/// What only matters while a process or a browser lives, and sqlx' own.
const LEFT_OUT: [&str; 4] = ["workers", "sessions", "login_codes", "_sqlx_migrations"];
/// Holds the rows of partitions that are made for the rows of this table.
const PARTITIONED: (&str, &str) = ("snapshot_chunks", "runs");

/// A table, partitions with it. Its names come from the catalogue of the database and from nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

impl Table {
    /// Rows go out by it, in binary.
    pub(super) fn copy_out(&self) -> String {
        let (name, columns) = (quoted(&self.name), self.quoted_columns());
        format!("copy (select {columns} from {name}) to stdout (format binary)")
    }

    /// Rows come in by it, in binary; identities as they were.
    pub(super) fn copy_in(&self) -> String {
        let (name, columns) = (quoted(&self.name), self.quoted_columns());
        format!("copy {name} ({columns}) from stdin (format binary)")
    }

    fn quoted_columns(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|column| quoted(column)).collect();
        columns.join(", ")
    }

    pub(super) async fn rows(&self, connection: &mut PgConnection) -> Result<i64, StoreError> {
        let count = format!("select count(*) from {}", quoted(&self.name));
        let rows = sqlx::query_scalar(AssertSqlSafe(count));
        Ok(rows.fetch_one(connection).await?)
    }

    /// Lets the identities of new rows follow those that are there.
    pub(super) async fn continue_identities(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let columns = sqlx::query_scalar!(
            r#"-- backup::continue_identities
               select attname::text as "column!" from pg_attribute
               where attrelid = to_regclass($1) and attidentity <> ''"#,
            quoted(&self.name),
        )
        .fetch_all(&mut *connection)
        .await?;
        for column in columns {
            let (name, quoted_column) = (quoted(&self.name), quoted(&column));
            let statement = format!(
                "select setval(pg_get_serial_sequence($1, $2), coalesce(max({quoted_column}), 0) + 1, false) from {name}"
            );
            sqlx::query(AssertSqlSafe(statement))
                .bind(&name)
                .bind(&column)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of a backup: those that others refer to come before them.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Table>, StoreError> {
    let left_out = LEFT_OUT.map(str::to_owned);
    let rows = sqlx::query!(
        r#"-- backup::tables
           select relname::text as "name!", array_agg(attname::text order by attnum) as "columns!"
           from pg_class join pg_attribute on attrelid = pg_class.oid
           where relnamespace = current_schema()::regnamespace
             and relkind in ('r', 'p') and not relispartition
             and relname !~ '^snapshot_chunks_run_' and relname <> all($1)
             and attnum > 0 and not attisdropped and attgenerated = ''
           group by relname order by relname"#,
        &left_out,
    )
    .fetch_all(&mut *connection)
    .await?;
    let tables = rows.into_iter().map(|row| Table {
        name: row.name,
        columns: row.columns,
    });
    let mut references: HashSet<(String, String)> = sqlx::query!(
        r#"-- backup::references
           select child.relname::text as "child!", parent.relname::text as "parent!"
           from pg_constraint
           join pg_class child on child.oid = conrelid
           join pg_class parent on parent.oid = confrelid
           where contype = 'f' and child.relnamespace = current_schema()::regnamespace"#
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(|row| (row.child, row.parent))
    .collect();
    references.insert((PARTITIONED.0.to_owned(), PARTITIONED.1.to_owned()));
    Ok(parents_first(tables.collect(), &references))
}

fn parents_first(mut tables: Vec<Table>, references: &HashSet<(String, String)>) -> Vec<Table> {
    let mut ordered = Vec::new();
    while !tables.is_empty() {
        let waiting: HashSet<String> = tables.iter().map(|table| table.name.clone()).collect();
        let waits = |table: &Table| {
            references.iter().any(|(child, parent)| {
                *child == table.name && parent != child && waiting.contains(parent)
            })
        };
        let (later, now): (Vec<_>, Vec<_>) = tables.into_iter().partition(waits);
        if now.is_empty() {
            // A circle, which our schema has none of: any order is as good.
            ordered.extend(later);
            break;
        }
        ordered.extend(now);
        tables = later;
    }
    ordered
}

/// Whether rows of a table name partitions that must be there before theirs come.
pub(super) fn has_partitions_made_for(table: &Table) -> bool {
    table.name == PARTITIONED.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_their_children_and_a_circle_ends() {
        let table = |name: &str| Table {
            name: name.to_owned(),
            columns: vec!["id".to_owned()],
        };
        let pair = |child: &str, parent: &str| (child.to_owned(), parent.to_owned());
        let tables = ["a", "b", "c", "d", "e"].map(table).to_vec();
        let references = HashSet::from([
            pair("a", "c"),
            pair("c", "b"),
            pair("b", "b"),
            pair("d", "e"),
            pair("e", "d"),
            pair("a", "left out"),
        ]);
        let ordered = parents_first(tables, &references);
        let names: Vec<&str> = ordered.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "a", "d", "e"]);
        assert_eq!(
            table("a\"b").copy_in(),
            r#"copy "a""b" ("id") from stdin (format binary)"#
        );
    }
}
