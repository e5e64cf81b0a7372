//! `unearth doctor`: what runs here, what is wrong, what to do about it.

use crate::{
    cli::{DoctorArgs, StoreArgs},
    exit::{FAILED, Failure},
    home::Home,
};
use anyhow::{Result, anyhow};
use std::path::Path;
use unearth_audit::{CudaState, error_chain};
use unearth_store::{Database, Schema, blobs::Place};
use unearth_training::device_info;

const GIB: f64 = (1u64 << 30) as f64;

/// Counts what is wrong while it is printed.
struct Report {
    problems: usize,
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let mut report = Report { problems: 0 };
    fine("unearth", env!("CARGO_PKG_VERSION"));
    devices(&mut report);
    let home = Home::open(&args.store)?;
    fine("data folder", &home.root().display().to_string());
    disk(&mut report, "disk", home.root());
    blobs(&mut report, &home).await;
    database(&mut report, &home, &args.store).await;
    match report.problems {
        0 => Ok(()),
        1 => Err(Failure::with_code(
            FAILED,
            anyhow!("1 thing needs attention"),
        )),
        n => Err(Failure::with_code(
            FAILED,
            anyhow!("{n} things need attention"),
        )),
    }
}

impl Report {
    fn problem(&mut self, what: &str, found: &str, remedy: &str) {
        self.problems += 1;
        println!("  !!  {what:<14}{found}");
        println!("      {:<14}→ {remedy}", "");
    }
}

fn fine(what: &str, found: &str) {
    println!("  ok  {what:<14}{found}");
}

fn note(what: &str, found: &str) {
    println!("   -  {what:<14}{found}");
}

fn devices(report: &mut Report) {
    let info = device_info();
    fine(
        "libtorch",
        &format!("{}, {} threads", info.torch, info.threads),
    );
    match &info.driver {
        Some(driver) => fine("driver", driver),
        None => note("driver", "no NVIDIA driver"),
    }
    let gpu_present = unearth_training::nvidia_gpu_present();
    match (&info.cuda, gpu_present) {
        (CudaState::Devices, _) => fine("cuda", &info.gpus.join(", ")),
        (CudaState::NoDevice(why), true) => report.problem("cuda", why, GPU_REMEDY),
        (CudaState::NoLibraries(why), true) => report.problem(
            "cuda",
            &format!("there is a GPU, but no CUDA libraries: {why}"),
            "run `cargo xtask setup` on this machine, or put CUDA's libtorch into LD_LIBRARY_PATH",
        ),
        (CudaState::NoDevice(why), false) => {
            note(
                "cuda",
                &format!("libraries but no device ({why}); trainings run on the processor"),
            );
        }
        (CudaState::NoLibraries(_), false) => {
            note(
                "cuda",
                "no CUDA libraries and no GPU; trainings run on the processor",
            );
        }
    }
}

const GPU_REMEDY: &str = "update the NVIDIA driver (CUDA 13 needs 580 or newer), check `nvidia-smi`, or use `--device cpu`";

fn disk(report: &mut Report, what: &str, folder: &Path) {
    let Some(space) = unearth_api::disk_space(folder) else {
        return;
    };
    let free = space.free_bytes;
    let found = format!(
        "{:.1} GiB free in `{}`",
        free as f64 / GIB,
        folder.display()
    );
    if (free as f64) < 2.0 * GIB {
        report.problem(
            what,
            &found,
            "make room: an audit of 60,000 small images needs about 1 GiB",
        );
    } else {
        fine(what, &found);
    }
}

async fn blobs(report: &mut Report, home: &Home) {
    let place = home.blobs_place();
    match place {
        Place::Folder(folder) => disk(report, "blobs", folder),
        Place::Bucket { .. } => match home.blobs().await {
            Ok(_) => fine(
                "blobs",
                &format!("`{place}` can be written; how much fits there is not known from here"),
            ),
            Err(error) => report.problem(
                "blobs",
                &error_chain(error.as_ref()),
                "mend that, or name another place with `--blobs` or UNEARTH_BLOBS",
            ),
        },
    }
}

async fn database(report: &mut Report, home: &Home, args: &StoreArgs) {
    let Ok(url) = home.database_url(args) else {
        return match unearth_postgres::find_binaries(None, &[]) {
            Ok(binaries) => note(
                "database",
                &format!(
                    "not running; `unearth up` starts Postgres {} from `{}`",
                    binaries.major(),
                    binaries.folder().display()
                ),
            ),
            Err(error) => report.problem("database", "no Postgres here", &error.to_string()),
        };
    };
    match look(&url).await {
        Ok(found) => fine("database", &found),
        Err(error) => report.problem(
            "database",
            &format!("{error:#}"),
            "check DATABASE_URL, or run `unearth migrate` if the schema is old",
        ),
    }
}

async fn look(url: &str) -> Result<String> {
    let db = Database::connect(url, 1).await?;
    match db.schema().await? {
        Schema::Current => {}
        Schema::Older => return Err(anyhow!("its schema is not up to date")),
        Schema::Newer(newer) => return Err(newer.into()),
    }
    let (version, bytes) = (db.server_version().await?, db.size_bytes().await?);
    Ok(format!("Postgres {version}, {:.2} GiB", bytes as f64 / GIB))
}
