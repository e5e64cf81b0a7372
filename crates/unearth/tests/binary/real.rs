//! The real binary on a data folder of its own, and a small real dataset.

use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_unearth");
/// Generous: the machine that runs the tests may be busy.
const PATIENCE: Duration = Duration::from_mins(4);

/// A data folder, below a folder that an unprivileged Postgres can enter.
pub(crate) fn home() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).expect("it is ours");
    folder
}

/// `unearth up` in a process group of its own.
pub(crate) struct Unearth {
    up: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Unearth {
    /// Starts it on `home` with one thread, so that bits do not depend on the machine.
    pub(crate) fn start(home: &Path) -> Self {
        Self::start_at(home, "127.0.0.1:0")
    }

    /// Starts it on `home` at an address of one's choice.
    pub(crate) fn start_at(home: &Path, address: &str) -> Self {
        Self::ready(&mut up(home, address), home)
    }

    /// Starts `unearth up` or `unearth serve` and waits until it serves.
    pub(crate) fn ready(command: &mut Command, home: &Path) -> Self {
        let mut up = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the binary starts");
        let output = BufReader::new(up.stdout.take().expect("its output is piped"));
        let ready = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Unearth is ready: ").map(str::to_owned))
            .expect("it gets ready");
        let (url, _) = ready
            .split_once("/login?code=")
            .expect("the line holds a code");
        Self {
            up,
            url: url.to_owned(),
            token: fs::read_to_string(home.join("token")).expect("it wrote its token"),
        }
    }

    /// Kills worker, API and Postgres at once, as a power failure does.
    pub(crate) fn kill_everything(mut self) {
        signal("KILL", &format!("-{}", self.up.id()));
        self.up.wait().expect("it was ours");
        std::mem::forget(self);
    }

    /// Sends a request whose answer is not read; none where nobody takes it.
    pub(crate) fn ask_and_stall(&self, path: &str, accept: &str) -> Option<TcpStream> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nAccept: {accept}\r\n\r\n",
            self.token
        );
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        Some(stream)
    }

    /// Asks it to stop, as a service manager does. Returns how long that took.
    pub(crate) fn stop(self) -> Duration {
        let began = Instant::now();
        drop(self);
        began.elapsed()
    }

    /// Kills API and supervisor: Postgres and the worker stay behind.
    pub(crate) fn kill_server(mut self) {
        signal("KILL", &self.up.id().to_string());
        self.up.wait().expect("it was ours");
        std::mem::forget(self);
    }

    /// The worker process, where there is one just now.
    pub(crate) fn worker_if_any(&self) -> Option<u32> {
        // `up` starts Postgres, too, as a process of its own name.
        let children = processes_below(self.up.id()).into_iter();
        children
            .filter(|pid| is_child(&pid.to_string(), self.up.id()))
            .find(|pid| {
                let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                line.split(|&byte| byte == 0).any(|word| word == b"work")
            })
    }

    /// Kills the worker process, where there is one just now.
    pub(crate) fn kill_worker_if_any(&self) {
        if let Some(worker) = self.worker_if_any() {
            signal("KILL", &worker.to_string());
        }
    }

    /// Waits until `path` is answered with success at all.
    pub(crate) fn wait_for_answer(&self, path: &str) {
        let (address, began) = (format!("{}{path}", self.url), Instant::now());
        loop {
            let answer = runtime().block_on(async { http().get(&address).send().await });
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "waited too long for {path}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills the worker process and nothing else. Returns when it is gone.
    pub(crate) fn kill_worker(&self) {
        let pid = self.worker();
        signal("KILL", &pid);
        while is_child(&pid, self.up.id()) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Keeps the worker from doing anything, as a machine does that has no time for it.
    pub(crate) fn stop_worker(&self) {
        signal("STOP", &self.worker());
    }

    fn worker(&self) -> String {
        let own = |ready: &Value| {
            let workers = ready["workers"].as_array()?;
            let names = workers.iter().filter_map(|worker| worker["name"].as_str());
            let mut pids = names.filter_map(|name| name.rsplit(':').next());
            pids.find(|pid| is_child(pid, self.up.id()))
                .map(str::to_owned)
        };
        // A fresh worker is listed after its first sign of life.
        let ready = self.wait_for("/readyz", |ready| own(ready).is_some());
        own(&ready).expect("just seen")
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.text(path).parse().expect("JSON")
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).expect("text")
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        self.try_bytes(path)
            .unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    fn try_bytes(&self, path: &str) -> reqwest::Result<Vec<u8>> {
        let address = format!("{}{path}", self.url);
        runtime().block_on(async {
            let request = http().get(&address).bearer_auth(&self.token);
            let answer = request.send().await?.error_for_status()?;
            answer.bytes().await.map(Vec::from)
        })
    }

    pub(crate) fn post(&self, path: &str, body: reqwest::Body) -> Value {
        let address = format!("{}{path}", self.url);
        let answer = runtime().block_on(async {
            let request = http()
                .post(&address)
                .bearer_auth(&self.token)
                .header("content-type", "application/json")
                .body(body);
            request.send().await?.text().await
        });
        answer.expect("an answer").parse().expect("JSON")
    }

    /// Uploads a file, waits until it is a dataset, and begins an audit of it by a recipe.
    pub(crate) fn begin_audit(&self, file: &Path, recipe: &Value) -> String {
        self.begin(file, json!({ "recipe": recipe, "seed": 7 }))
    }

    /// Uploads a file, waits until it is a dataset, and begins an audit of it.
    pub(crate) fn begin(&self, file: &Path, mut body: Value) -> String {
        let bytes = fs::read(file).expect("the dataset is there");
        let posted = self.post("/v1/datasets?name=blobs.npz", bytes.into());
        let id = posted["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{posted}"))
            .to_owned();
        self.wait_for(
            &format!("/v1/datasets/{id}"),
            |dataset| match dataset["state"].as_str() {
                Some("failed") => panic!("{dataset}"),
                state => state == Some("ready"),
            },
        );
        body["dataset_id"] = id.into();
        let audit = self.post("/v1/audits", body.to_string().into());
        audit["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{audit}"))
            .to_owned()
    }

    /// The ranking of an audit, once it has succeeded.
    pub(crate) fn ranking(&self, audit: &str, signal: &str) -> String {
        self.wait_for(
            &format!("/v1/audits/{audit}"),
            |audit| match audit["state"].as_str() {
                Some("failed" | "cancelled") => panic!("{audit}"),
                state => state == Some("succeeded"),
            },
        );
        self.text(&format!("/v1/audits/{audit}/ranking.csv?signal={signal}"))
    }

    /// `unearth external` on this server; what it says of errors is the panic's.
    pub(crate) fn external(&self, arguments: &[&str]) {
        let output = Command::new(BINARY)
            .args(["external", "--server", &self.url, "--token", &self.token])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// `unearth audit` on this server, with its ranking at `out`.
    pub(crate) fn audit(&self, dataset: &Path, out: &Path, arguments: &[&str]) -> Output {
        audit(&self.url, &self.token, dataset, out)
            .args(arguments)
            .output()
            .expect("the binary starts")
    }

    /// Asks for `path` until what comes is as wanted. A server that is away just then is asked again.
    pub(crate) fn wait_for(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let found = match self.try_bytes(path) {
                Ok(bytes) => serde_json::from_slice(&bytes).expect("JSON"),
                Err(error) if error.status().is_none_or(is_away) => error.to_string().into(),
                Err(error) => panic!("GET {path}: {error}"),
            };
            if wanted(&found) {
                return found;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "waited too long for {path}: {found}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// `unearth up` on `home`, to be started.
pub(crate) fn up(home: &Path, address: &str) -> Command {
    let mut up = Command::new(BINARY);
    up.args(["up", "--device", "cpu", "--threads", "1"])
        .args(["--listen", address])
        .arg("--data-dir")
        .arg(home)
        .env_remove("DATABASE_URL")
        // Often enough that a killed training continues from its middle.
        .env("UNEARTH_RESUME_INTERVAL", "0.2");
    up
}

/// A worker beside the one of [`Unearth`], which nobody looks after.
pub(crate) struct Worker(Child);

impl Worker {
    /// Starts it on the database and blobs of `home`.
    pub(crate) fn start(home: &Path) -> Self {
        let url = unearth_postgres::connect_running(&home.join("postgres")).expect("Postgres runs");
        Self::spawn(
            Command::new(BINARY)
                .args(["work", "--device", "cpu", "--threads", "1"])
                .args(["--database-url", &url, "--blobs"])
                .arg(home.join("blobs"))
                .arg("--data-dir")
                .arg(home.join("other-worker"))
                .env("UNEARTH_RESUME_INTERVAL", "0.2"),
        )
    }

    /// Starts `unearth work`.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let work = command.stdin(Stdio::null()).spawn();
        Self(work.expect("the binary starts"))
    }

    /// Kills it.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it was ours");
    }
}

/// `unearth audit` on a server, to be run.
pub(crate) fn audit(server: &str, token: &str, dataset: &Path, out: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .arg("audit")
        .arg(dataset)
        .args(["--server", server, "--token", token, "--out"])
        .arg(out)
        .stdin(Stdio::null());
    command
}

impl Drop for Unearth {
    fn drop(&mut self) {
        kill_gently(self.up.id());
        let _ = self.up.wait();
    }
}

fn is_away(status: reqwest::StatusCode) -> bool {
    status == reqwest::StatusCode::SERVICE_UNAVAILABLE
}

/// Whether a process is there and was started by `parent`.
fn is_child(pid: &str, parent: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .filter_map(|line| line.strip_prefix("PPid:"))
        .any(|found| found.trim() == parent.to_string())
}

/// All processes that a process started, and those that they started.
pub(crate) fn processes_below(ancestor: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").expect("there is /proc").flatten();
    let pids: Vec<u32> = all
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    let children = pids
        .into_iter()
        .filter(|pid| is_child(&pid.to_string(), ancestor));
    children
        .flat_map(|child| [vec![child], processes_below(child)].concat())
        .collect()
}

/// Sends a signal; false where there is no such process.
pub(crate) fn try_signal(signal: &str, target: &str) -> bool {
    let status = Command::new("kill")
        .args(["-s", signal, "--", target])
        .stderr(Stdio::null())
        .status();
    status.expect("there is a kill command").success()
}

fn signal(signal: &str, target: &str) {
    assert!(try_signal(signal, target), "kill -s {signal} {target}");
}

fn kill_gently(pid: u32) {
    let _ = Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status();
}

/// Trusts nobody, since nobody here has TLS: reading all certificates takes longer than an answer.
pub(crate) fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().tls_certs_only([]);
    client.build().expect("there is nothing to read")
}

/// One small runtime per call: these tests are about processes, not about speed.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Shape of a test image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Image {
    side: usize,
    channels: usize,
}

impl Image {
    pub(crate) const GREY: Self = Self {
        side: 16,
        channels: 1,
    };
    pub(crate) const SMALL_COLOUR: Self = Self {
        side: 8,
        channels: 3,
    };
}

/// A learnable dataset in npz form: `count` noisy images of four classes.
pub(crate) fn blobs(folder: &Path, count: usize, image: Image) -> PathBuf {
    let Image { side, channels } = image;
    let mut noise = noise();
    let mut pixels = Vec::with_capacity(count * side * side * channels);
    let mut labels = Vec::with_capacity(count);
    for index in 0..count {
        let class = index % 4;
        labels.push(class as i64);
        for at in 0..side * side {
            let quadrant = (at / side / (side / 2)) * 2 + (at % side) / (side / 2);
            let signal = if quadrant == class { 110 } else { 60 };
            pixels.extend((0..channels).map(|_| (signal + noise() % 120) as u8));
        }
    }
    let path = folder.join("blobs.npz");
    let mut npz = npyz::npz::NpzWriter::create(&path).expect("the file can be made");
    let shape = [count, side, side, channels].map(|axis| axis as u64);
    let axes = if channels == 1 { 3 } else { 4 };
    write(&mut npz, "x", &shape[..axes], pixels);
    write(&mut npz, "y", &[count as u64], labels);
    path
}

/// The same random numbers each time.
pub(crate) fn noise() -> impl FnMut() -> u32 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    }
}

/// Adds an array to an npz.
pub(crate) fn write<T: npyz::AutoSerialize>(
    npz: &mut npyz::npz::NpzWriter<std::io::BufWriter<fs::File>>,
    name: &str,
    shape: &[u64],
    values: Vec<T>,
) {
    use npyz::WriterBuilder as _;
    let mut writer = npz
        .array(name, npyz::zip::write::FileOptions::default())
        .expect("an array")
        .default_dtype()
        .shape(shape)
        .begin_nd()
        .expect("a header");
    writer.extend(values).expect("its values");
    writer.finish().expect("its end");
}
