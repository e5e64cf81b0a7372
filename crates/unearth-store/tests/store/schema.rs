use crate::world::World;
use unearth_store::{Schema, StoreError};

#[tokio::test]
async fn migrations_apply_once() {
    let world = World::unmigrated(4).await;
    assert_eq!(world.db.schema().await.unwrap(), Schema::Older);
    let (one, other) = tokio::join!(world.db.migrate(), world.db.migrate());
    one.unwrap();
    other.unwrap();
    assert_eq!(world.db.schema().await.unwrap(), Schema::Current);
    let before = world.dump().await;
    world.db.migrate().await.unwrap();
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name_and_left_alone() {
    let world = World::new().await;
    let newer =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (29991231000001, 'of tomorrow', true, '', 0)";
    sqlx::query(newer).execute(&world.sql).await.unwrap();
    let before = world.dump().await;
    assert!(matches!(world.db.schema().await.unwrap(), Schema::Newer(_)));
    let refused = world.db.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema(_)));
    let said = refused.to_string();
    assert!(
        said.contains("schema 29991231000001 (of tomorrow) by a newer Unearth"),
        "{said}"
    );
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn every_table_and_column_says_what_it_holds() {
    let world = World::new().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "select relname || coalesce('.' || attname, '')
         from pg_class
         cross join lateral (
             select 0 as number, null::name as attname
             union all
             select attnum, attname from pg_attribute
             where attrelid = pg_class.oid and attnum > 0 and not attisdropped
         ) part
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
           and relname <> '_sqlx_migrations'
           and not exists (
               select 1 from pg_description
               where objoid = pg_class.oid and classoid = 'pg_class'::regclass
                 and objsubid = number and description <> ''
           )",
    )
    .fetch_all(&world.sql)
    .await
    .unwrap();
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    let world = World::new().await;
    let version = world.db.server_version().await.unwrap();
    assert!(
        version.starts_with(|c: char| c.is_ascii_digit()),
        "{version}"
    );
    assert!(world.db.size_bytes().await.unwrap() > 1 << 20);
    assert!(world.db.data_directory().await.unwrap().is_some());
}
