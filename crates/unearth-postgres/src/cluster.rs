//! Making a new database cluster.

use std::{fs, path::Path};

use crate::{
    account::Account, binaries::Binaries, config::Durability, directory::Directory,
    error::PostgresError, process, server::server_command, url,
};

/// Makes the cluster unless it is there. It appears under its name only once it is complete, so that an
/// interrupted first start leaves nothing that looks like data.
pub(crate) fn initialise(
    directory: &Directory,
    binaries: &Binaries,
    account: Option<&Account>,
    durability: Durability,
) -> Result<(), PostgresError> {
    let data = directory.data();
    if data.exists() {
        return Ok(());
    }
    let unfinished = directory.unfinished_data();
    remove_leftover(&unfinished)?;
    run_initdb(directory, &unfinished, binaries, account, durability)?;
    fs::rename(&unfinished, &data).map_err(PostgresError::file("rename", unfinished))?;
    tracing::info!(data = %data.display(), major = binaries.major(), "made a new database cluster");
    Ok(())
}

fn remove_leftover(unfinished: &Path) -> Result<(), PostgresError> {
    match fs::remove_dir_all(unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PostgresError::file("remove", unfinished)(error))
        }
        _ => Ok(()),
    }
}

fn run_initdb(
    directory: &Directory,
    into: &Path,
    binaries: &Binaries,
    account: Option<&Account>,
    durability: Durability,
) -> Result<(), PostgresError> {
    let program = binaries.initdb();
    let mut command = server_command(&program, account);
    command
        .arg("--pgdata")
        .arg(into)
        .args([
            "--username",
            url::ROLE,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
        ])
        .arg("--data-checksums")
        .arg("--pwfile")
        .arg(directory.password_file());
    if durability == Durability::TestOnly {
        // A small log makes a cluster that is thrown away quicker to write.
        command.args(["--no-sync", "--wal-segsize", "1"]);
    }
    process::die_with_spawning_thread(&mut command);
    let output = command.output().map_err(|source| PostgresError::Spawn {
        program: program.clone(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(PostgresError::Initdb {
        program,
        status: output.status,
        output: String::from_utf8_lossy(&said).trim().to_owned(),
    })
}
