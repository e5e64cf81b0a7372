use crate::world::World;

#[tokio::test]
async fn migrations_apply_once() {
    let world = World::unmigrated(4).await;
    assert!(!world.db.is_migrated().await.unwrap());
    let (one, other) = tokio::join!(world.db.migrate(), world.db.migrate());
    one.unwrap();
    other.unwrap();
    assert!(world.db.is_migrated().await.unwrap());
    let before = world.dump().await;
    world.db.migrate().await.unwrap();
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
