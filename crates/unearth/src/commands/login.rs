//! `unearth login`: a link to the page.

use crate::{
    cli::StoreArgs,
    client::locate,
    exit::{Failure, NO_SERVER},
    home::Home,
};
use anyhow::anyhow;

#[tokio::main]
pub(crate) async fn run(args: &StoreArgs) -> Result<(), Failure> {
    let home = Home::open(args)?;
    let Some(client) = locate::running(&home).await? else {
        let error = anyhow!(
            "no server runs on `{}`; `unearth up` starts one",
            home.root().display()
        );
        return Err(Failure::with_code(NO_SERVER, error));
    };
    println!("{}", client.login_link("/").await?);
    Ok(())
}
