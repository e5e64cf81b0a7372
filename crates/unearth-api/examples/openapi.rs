//! Writes the OpenAPI document to `openapi.json`, from which the page's types are made:
//! `cargo run -p unearth-api --example openapi`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let document = unearth_api::openapi()
        .to_pretty_json()
        .map_err(std::io::Error::other)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    std::fs::write(path, document + "\n")
}
