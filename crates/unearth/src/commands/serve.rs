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
    let blobs = home.blobs().await?;
    let db = home::connect(&home.database_url(&args.store)?).await?;
    let api = Server::bind(&args.listen, home.exports(), db.clone(), blobs, stopping).await?;
    if args.listen.token.is_some() {
        // Whoever gave the token has no need of a link.
        println!("Unearth is ready: {}", api.url());
    } else {
        let holder = server::local_identity(&home, &db).await?;
        server::say_ready(&db, &api.url(), &holder).await?;
    }
    api.serve().await?;
    db.close().await;
    Ok(())
}
