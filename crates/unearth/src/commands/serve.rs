//! `unearth serve`: the API and the page alone.

use crate::{
    cli::ServeArgs,
    exit::Failure,
    home::{self, Home},
    server::{self, Server},
    signals,
};

#[tokio::main]
pub(crate) async fn run(args: &ServeArgs) -> Result<(), Failure> {
    let stopping = signals::stopping()?;
    let home = Home::open(&args.store)?;
    let db = home::connect(&home.database_url(&args.store)?).await?;
    let token = match &args.listen.token {
        Some(token) => token.clone(),
        None => server::local_token(&home, &db).await?,
    };
    let api = Server::bind(&args.listen, &home, db.clone(), stopping).await?;
    server::say_ready(&api.url(), &token);
    api.serve().await?;
    db.close().await;
    Ok(())
}
