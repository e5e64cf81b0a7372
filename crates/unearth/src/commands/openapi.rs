//! `unearth openapi`: the document from which the page's types are generated.

use crate::exit::Failure;

pub(crate) fn run() -> Result<(), Failure> {
    println!("{}", unearth_api::openapi().to_pretty_json()?);
    Ok(())
}
