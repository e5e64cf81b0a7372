//! `unearth migrate`: the schema, brought up to date.

use crate::{
    cli::StoreArgs,
    exit::Failure,
    home::{self, Home},
};

#[tokio::main]
pub(crate) async fn run(args: &StoreArgs) -> Result<(), Failure> {
    let home = Home::open(args)?;
    let db = home::connect_and_migrate(&home.database_url(args)?).await?;
    println!("The schema is up to date.");
    db.close().await;
    Ok(())
}
