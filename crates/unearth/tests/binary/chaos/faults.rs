//! What can go wrong with a machine.

use super::{client::Client, disk::Disk};
use crate::real::{Unearth, processes_below, try_signal};
use rand::{RngExt as _, rngs::StdRng};
use std::{
    fs,
    io::Read as _,
    net::TcpStream,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

/// Longer than a lease.
const STALL: Duration = Duration::from_secs(36);
/// How long a database may be out of reach.
const AWAY: Duration = Duration::from_secs(20);
const WATCHERS: usize = 200;

/// A machine that everything runs on: worker, API and Postgres.
pub(crate) struct Machine {
    home: PathBuf,
    address: String,
    unearth: Option<Unearth>,
    /// Connections of clients that have stopped reading.
    stalled: Vec<TcpStream>,
    /// Everything lies on it, so it goes last.
    disk: Disk,
}

impl Machine {
    pub(crate) fn start(home: &Path) -> Self {
        let disk = Disk::mount(home);
        let unearth = Unearth::start(home);
        let address = unearth.url.trim_start_matches("http://").to_owned();
        Self {
            home: home.to_owned(),
            address,
            disk,
            unearth: Some(unearth),
            stalled: Vec::new(),
        }
    }

    pub(crate) fn unearth(&self) -> &Unearth {
        self.unearth.as_ref().expect("it runs but within a fault")
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    fn restart(&mut self) {
        self.unearth = Some(Unearth::start_at(&self.home, &self.address));
    }

    /// Postgres and all of its back-ends.
    fn postgres(&self) -> Vec<u32> {
        let file = self.home.join("postgres/data/postmaster.pid");
        // It is not there while Postgres starts.
        let text = fs::read_to_string(file).unwrap_or_default();
        let Some(postmaster) = text.lines().next().and_then(|line| line.parse().ok()) else {
            return Vec::new();
        };
        [vec![postmaster], processes_below(postmaster)].concat()
    }

    fn ask_and_stall(&mut self, path: &str, accept: &str) {
        let stalled = self.unearth().ask_and_stall(path, accept);
        self.stalled.extend(stalled);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    WorkerKilled,
    PostgresKilled,
    BackEndKilled,
    ServerKilled,
    AllKilled,
    StoppedAndStarted,
    ReaderOfEventsStalls,
    ReaderOfCsvStalls,
    ManyWatch,
    BlobsFail,
    DiskFull,
    PostgresAway,
    WorkerStalls,
}

impl Fault {
    /// The faults that take seconds, or those that take half a minute.
    pub(crate) fn of_cost(slow: bool) -> &'static [Self] {
        const SLOW: [Fault; 2] = [Fault::PostgresAway, Fault::WorkerStalls];
        const QUICK: [Fault; 11] = [
            Fault::WorkerKilled,
            Fault::PostgresKilled,
            Fault::BackEndKilled,
            Fault::ServerKilled,
            Fault::AllKilled,
            Fault::StoppedAndStarted,
            Fault::ReaderOfEventsStalls,
            Fault::ReaderOfCsvStalls,
            Fault::ManyWatch,
            Fault::BlobsFail,
            Fault::DiskFull,
        ];
        if slow { &SLOW } else { &QUICK }
    }

    pub(crate) fn happen(self, machine: &mut Machine, client: &Client, rng: &mut StdRng) {
        match self {
            Self::WorkerKilled => machine.unearth().kill_worker_if_any(),
            Self::PostgresKilled => signal_all("KILL", machine.postgres().first()),
            Self::BackEndKilled => {
                let all = machine.postgres();
                let at = rng.random_range(0..all.len().max(1));
                signal_all("KILL", all.get(at));
            }
            // Postgres and the worker are left behind, and the next one finds them.
            Self::ServerKilled => {
                machine.unearth.take().expect("it runs").kill_server();
                machine.restart();
            }
            Self::AllKilled => {
                machine.unearth.take().expect("it runs").kill_everything();
                machine.restart();
            }
            Self::StoppedAndStarted => {
                drop(machine.unearth.take());
                machine.restart();
            }
            Self::ReaderOfEventsStalls => {
                let path = format!("/v1/audits/{}/events", client.reviewed);
                machine.ask_and_stall(&path, "text/event-stream");
            }
            Self::ReaderOfCsvStalls => {
                let path = format!("/v1/audits/{}/ranking.csv?signal=vog", client.reviewed);
                machine.ask_and_stall(&path, "text/csv");
            }
            Self::ManyWatch => {
                let path = format!("/v1/audits/{}/events", client.reviewed);
                for _ in 0..WATCHERS {
                    machine.ask_and_stall(&path, "text/event-stream");
                }
                // They are served all the same, and then they go.
                for stream in machine.stalled.drain(..) {
                    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
                    let _ = (&stream).read(&mut [0; 4096]);
                }
            }
            Self::BlobsFail => {
                let (folder, away) = (machine.home.join("blobs"), machine.home.join("blobs-away"));
                fs::rename(&folder, &away).expect("it is there");
                // So that nobody makes a new one, and nothing seems to be missing.
                fs::write(&folder, b"no folder").expect("its name is free");
                sleep(Duration::from_secs(rng.random_range(1..6)));
                fs::remove_file(&folder).expect("it was just made");
                fs::rename(&away, &folder).expect("it is there");
            }
            Self::DiskFull => {
                let ballast = machine.home.join("ballast");
                if machine.disk.fill(&ballast) {
                    sleep(Duration::from_secs(rng.random_range(1..6)));
                    fs::remove_file(&ballast).expect("it was just made");
                }
            }
            Self::PostgresAway => {
                let all = machine.postgres();
                signal_all("STOP", &all);
                sleep(AWAY);
                signal_all("CONT", &all);
            }
            Self::WorkerStalls => {
                if let Some(worker) = machine.unearth().worker_if_any() {
                    signal_all("STOP", [&worker]);
                    sleep(STALL);
                    signal_all("CONT", [&worker]);
                }
            }
        }
    }
}

/// Signals processes; those that are gone meanwhile need none.
fn signal_all<'a>(name: &str, processes: impl IntoIterator<Item = &'a u32>) {
    for process in processes {
        try_signal(name, &process.to_string());
    }
}
