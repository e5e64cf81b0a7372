//! `unearth token`: who may use the API.

use crate::{
    cli::{NewTokenArgs, RevokeArgs, StoreArgs, TokenCommand},
    exit::{Failure, WRONG_ARGUMENTS},
    home::{self, Home},
};
use anyhow::{Result, anyhow};
use time::{
    Duration, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description,
};
use unearth_store::{
    Database,
    access::{self, NewToken, Token},
};
use uuid::Uuid;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

#[tokio::main]
pub(crate) async fn run(command: &TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create(args) => create(args).await?,
        TokenCommand::List(args) => list(args).await?,
        TokenCommand::Revoke(args) => revoke(args).await?,
    }
    Ok(())
}

async fn create(args: &NewTokenArgs) -> Result<()> {
    let db = database(&args.store).await?;
    let now = OffsetDateTime::now_utc();
    let token = home::new_secret();
    let new = NewToken {
        id: Uuid::now_v7(),
        name: &args.name,
        role: args.role,
        expires_at: args
            .days
            .map(|days| now + Duration::days(days.get().into())),
        token: &token,
    };
    access::insert(&db, new, now).await?;
    println!("{token}");
    db.close().await;
    Ok(())
}

async fn list(args: &StoreArgs) -> Result<()> {
    let db = database(args).await?;
    println!(
        "{:36}  {:8}  {:10}  {:10}  {:10}  name",
        "id", "role", "made", "valid", "last used"
    );
    for token in access::list(&db).await? {
        let made = day(token.created_at)?;
        let used = token.last_used_at.map_or_else(|| Ok("never".into()), day)?;
        let valid = validity(&token, OffsetDateTime::now_utc())?;
        let Token { id, role, name, .. } = token;
        println!(
            "{id}  {:8}  {made:10}  {valid:10}  {used:10}  {name}",
            role.as_str()
        );
    }
    db.close().await;
    Ok(())
}

fn validity(token: &Token, now: OffsetDateTime) -> Result<String> {
    match (token.revoked_at, token.expires_at) {
        (Some(_), _) => Ok("revoked".into()),
        (None, Some(at)) if at <= now => Ok("expired".into()),
        (None, Some(at)) => day(at),
        (None, None) => Ok("for ever".into()),
    }
}

fn day(at: OffsetDateTime) -> Result<String> {
    Ok(at.format(DAY)?)
}

async fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    let db = database(&args.store).await?;
    let is_there = access::revoke(&db, args.id, OffsetDateTime::now_utc()).await?;
    db.close().await;
    if is_there {
        return Ok(());
    }
    let error = anyhow!(
        "there is no access token {}; `unearth token list` lists them",
        args.id
    );
    Err(Failure::with_code(WRONG_ARGUMENTS, error))
}

async fn database(args: &StoreArgs) -> Result<Database> {
    let home = Home::open(args)?;
    home::connect(&home.database_url(args)?).await
}
