//! `unearth token`: a new access token.

use crate::{
    cli::TokenArgs,
    exit::Failure,
    home::{self, Home},
};
use time::OffsetDateTime;
use unearth_store::tokens;
use uuid::Uuid;

#[tokio::main]
pub(crate) async fn run(args: &TokenArgs) -> Result<(), Failure> {
    let home = Home::open(&args.store)?;
    let db = home::connect(&home.database_url(&args.store)?).await?;
    let token = home::new_token();
    tokens::insert(
        &db,
        Uuid::now_v7(),
        &args.name,
        &token,
        OffsetDateTime::now_utc(),
    )
    .await?;
    println!("{token}");
    db.close().await;
    Ok(())
}
