//! How an external run of many examples goes through the real program: rows a second while they are posted and
//! while they are put in order and scored, and the most anonymous memory that API and worker took.
//!
//! `cargo bench -p unearth --bench external [-- EXAMPLES EPOCHS]`; 1,000,000 and 20 by default. It needs about 8 GB of
//! disk where temporary files are.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed"
)]

use reqwest::Client;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const CLASSES: usize = 10;
/// Examples of a batch.
const BATCH: usize = 50_000;
/// Batches on their way at a time.
const AT_ONCE: usize = 2;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let examples = numbers.first().copied().unwrap_or(1_000_000);
    let epochs = numbers.get(1).copied().unwrap_or(20);
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (mut up, url, token) = start(&home.path().join("data"));
    let watch = Watch::begin(up.id());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = Server { url, token };
    runtime.block_on(measured(&server, examples, epochs));
    for (who, kilobytes) in watch.end() {
        println!(
            "peak anonymous memory of the {who}: {:.0} MB",
            kilobytes as f64 * 1.024 / 1e3
        );
    }
    Command::new("kill")
        .arg(up.id().to_string())
        .status()
        .unwrap();
    up.wait().unwrap();
}

async fn measured(server: &Server, examples: usize, epochs: usize) {
    let begun = Instant::now();
    let dataset = server.dataset(table(examples)).await;
    println!(
        "dataset of {examples} rows: {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let body = json!({
        "kind": "external", "dataset_id": dataset, "epochs": epochs, "logits": "eval_pass",
    });
    let audit = server.post("/v1/audits", body.to_string().into()).await["id"].clone();
    let audit = audit.as_str().unwrap().to_owned();

    let begun = Instant::now();
    for epoch in 1..=epochs {
        let firsts: Vec<usize> = (0..examples).step_by(BATCH).collect();
        for firsts in firsts.chunks(AT_ONCE) {
            let puts = firsts.iter().map(|&first| {
                let body = npz_of_logits(first, BATCH.min(examples - first), epoch);
                let path = format!(
                    "/v1/audits/{audit}/records/{epoch}/{}?first={first}",
                    first / BATCH
                );
                server.put(path, body)
            });
            futures::future::join_all(puts).await;
        }
    }
    let rows = (examples * epochs) as f64;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "posted {rows:.0} rows of logits: {seconds:.1} s, {:.0} rows/s",
        rows / seconds
    );

    let begun = Instant::now();
    server
        .post(&format!("/v1/audits/{audit}/complete"), Vec::new())
        .await;
    println!("completed: {:.1} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let mut assembled = None;
    loop {
        let found = server.get(&format!("/v1/audits/{audit}")).await;
        match found["state"].as_str() {
            Some("succeeded") => break,
            Some("failed" | "cancelled") => panic!("{found}"),
            _ if found["progress"]["phase"] == "scoring" && assembled.is_none() => {
                assembled = Some(begun.elapsed());
            }
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let all = begun.elapsed().as_secs_f64();
    let order = assembled.map_or(all, |elapsed| elapsed.as_secs_f64());
    println!("put in order: {order:.1} s, {:.0} rows/s", rows / order);
    println!("scored, 12 signals: {:.1} s", all - order);
    let whole = seconds + all;
    println!("posted to ranked: {whole:.1} s, {:.0} rows/s", rows / whole);
}

/// `key,label`, labels in turn.
fn table(examples: usize) -> Vec<u8> {
    let mut csv = String::from("key,label\n");
    for index in 0..examples {
        writeln!(csv, "example-{index},{}", index % CLASSES).unwrap();
    }
    csv.into_bytes()
}

/// An npz of logits that favour the label more from epoch to epoch.
fn npz_of_logits(first: usize, rows: usize, epoch: usize) -> Vec<u8> {
    let mut state = (first * 31 + epoch + 1) as u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {CLASSES}), }}\n");
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    for row in first..first + rows {
        for class in 0..CLASSES {
            let signal = if row % CLASSES == class {
                0.1 * epoch as f32
            } else {
                0.0
            };
            npy.extend((3.0 * noise() + signal).to_le_bytes());
        }
    }
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("logits.npy", options).unwrap();
    writer.write_all(&npy).unwrap();
    writer.finish().unwrap().into_inner()
}

/// `unearth up`, its address and its token.
fn start(data: &Path) -> (Child, String, String) {
    let mut up = Command::new(env!("CARGO_BIN_EXE_unearth"))
        .args([
            "--log",
            "warn",
            "up",
            "--device",
            "cpu",
            "--listen",
            "127.0.0.1:0",
        ])
        .arg("--data-dir")
        .arg(data)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(up.stdout.take().unwrap());
    let ready = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Unearth is ready: ").map(str::to_owned))
        .unwrap();
    let (url, _) = ready.split_once("/login?code=").unwrap();
    (
        up,
        url.to_owned(),
        std::fs::read_to_string(data.join("token")).unwrap(),
    )
}

struct Server {
    url: String,
    token: String,
}

impl Server {
    async fn dataset(&self, csv: Vec<u8>) -> String {
        let posted = self.post("/v1/datasets?name=rows.csv", csv).await;
        let path = format!("/v1/datasets/{}", posted["id"].as_str().unwrap());
        loop {
            let found = self.get(&path).await;
            match found["state"].as_str() {
                Some("ready") => return posted["id"].as_str().unwrap().to_owned(),
                Some("failed") => panic!("{found}"),
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn get(&self, path: &str) -> Value {
        let request = Client::new().get(format!("{}{path}", self.url));
        request
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Value {
        let request = Client::new().post(format!("{}{path}", self.url)).body(body);
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let (status, found) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{found}");
        found
    }

    async fn put(&self, path: String, body: Vec<u8>) {
        let request = Client::new()
            .put(format!("{}{path}", self.url))
            .header("content-type", "application/x-npz")
            .body(body);
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{}", answer.text().await.unwrap());
    }
}

/// Looks at the memory of `unearth up`, which is the API, and of its worker, until it is told to end.
struct Watch {
    ended: Arc<AtomicBool>,
    peaks: Arc<Mutex<[u64; 2]>>,
}

impl Watch {
    fn begin(up: u32) -> Self {
        let watch = Self {
            ended: Arc::default(),
            peaks: Arc::default(),
        };
        let (ended, peaks) = (Arc::clone(&watch.ended), Arc::clone(&watch.peaks));
        thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let seen = [anonymous(up), worker_of(up).and_then(anonymous)];
                for (peak, seen) in peaks.lock().unwrap().iter_mut().zip(seen) {
                    *peak = (*peak).max(seen.unwrap_or(0));
                }
                thread::sleep(Duration::from_millis(50));
            }
        });
        watch
    }

    /// The peaks in kibibytes.
    fn end(self) -> [(&'static str, u64); 2] {
        self.ended.store(true, Ordering::Relaxed);
        let [api, worker] = *self.peaks.lock().unwrap();
        [("API", api), ("worker", worker)]
    }
}

/// Anonymous memory of a process, kibibytes.
fn anonymous(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The child that is the worker.
fn worker_of(up: u32) -> Option<u32> {
    let is_worker = |process: &u32| {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        line.split(|&byte| byte == 0).any(|word| word == b"work")
    };
    // Any thread of `up` may have started it.
    let tasks = fs::read_dir(format!("/proc/{up}/task")).ok()?;
    let mut children = tasks.filter_map(Result::ok).flat_map(|task| {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        let numbers: Vec<u32> = children
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers
    });
    children.find(is_worker)
}
