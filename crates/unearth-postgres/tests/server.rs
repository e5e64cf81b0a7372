//! A private server from its first start to its end, on the binaries of this machine.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod connection;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use connection::{execute, try_connect, value};
use tempfile::TempDir;
use unearth_postgres::{
    Config, Durability, PostgresError, PrivatePostgres, TestPostgres, bundled_folders,
    connect_running, find_binaries,
};

/// Tells the helper process which directory to serve.
const HELPER_DIRECTORY: &str = "UNEARTH_POSTGRES_TEST_DIRECTORY";
/// Far beyond what anything here takes; only a failure waits so long.
const PATIENCE: Duration = Duration::from_mins(1);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn config(folder: &Path) -> Config {
    Config::new(folder).durability(Durability::TestOnly)
}

fn start(folder: &Path) -> PrivatePostgres {
    PrivatePostgres::start(&config(folder)).unwrap()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn answers_queries_and_keeps_its_settings() {
    let server = TestPostgres::start().unwrap();
    assert_eq!(value(server.url(), "select (6 * 7)::text"), "42");
    assert_eq!(value(server.url(), "show listen_addresses"), "");
    assert_eq!(value(server.url(), "show server_encoding"), "UTF8");
    assert_eq!(value(server.url(), "show fsync"), "off");
}

#[test]
fn flushes_to_disk_unless_it_is_a_test_server() {
    let folder = folder();
    let server = PrivatePostgres::start(&Config::new(folder.path())).unwrap();
    assert_eq!(value(server.url(), "show fsync"), "on");
    assert_eq!(value(server.url(), "show full_page_writes"), "on");
    assert_eq!(value(server.url(), "show synchronous_commit"), "on");
    server.stop().unwrap();
}

#[test]
fn refuses_a_wrong_password() {
    let server = TestPostgres::start().unwrap();
    let (before, rest) = server.url().split_once("://unearth:").unwrap();
    let (password, after) = rest.split_once('@').unwrap();
    assert_eq!(password.len(), 32);

    let wrong = format!("{before}://unearth:{}@{after}", "x".repeat(32));
    let error = try_connect(&wrong).unwrap_err().to_string();
    assert!(error.contains("password authentication failed"), "{error}");
}

#[test]
fn the_password_file_is_for_the_owner_alone() {
    let server = TestPostgres::start().unwrap();
    let mode = |name: &str| {
        fs::metadata(server.directory().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("password"), 0o600);
    assert_eq!(mode("run"), 0o700);
    assert_eq!(mode("data"), 0o700);
}

#[test]
fn a_restart_keeps_the_data() {
    let folder = folder();
    let first = start(folder.path());
    execute(
        first.url(),
        "create table kept (word text); insert into kept values ('still here')",
    );
    let url = first.url().to_owned();
    first.stop().unwrap();

    let second = start(folder.path());
    assert_eq!(second.url(), url);
    assert_eq!(value(second.url(), "select word from kept"), "still here");
}

#[test]
fn starts_again_after_the_server_was_killed() {
    let folder = folder();
    let first = start(folder.path());
    execute(
        first.url(),
        "create table kept (word text); insert into kept values ('still here')",
    );
    // A session at work outlives the server until it notices, and holds its shared memory.
    let url = first.url().to_owned();
    let session = thread::spawn(move || connection::outcome(&url, "select pg_sleep(60)::text"));
    wait_until("the session is at work", || {
        value(
            first.url(),
            "select count(*)::text from pg_stat_activity where wait_event = 'PgSleep'",
        ) == "1"
    });

    kill("-KILL", first.pid());
    wait_until("the handle knows of the end", || first.ended().is_some());
    drop(first);

    let second = start(folder.path());
    assert_eq!(value(second.url(), "select word from kept"), "still here");
    let _ = session.join().unwrap();
}

#[test]
fn dropping_the_handle_stops_the_server() {
    let folder = folder();
    let server = start(folder.path());
    let url = server.url().to_owned();
    drop(server);
    assert!(!folder.path().join("data/postmaster.pid").exists());
    assert!(try_connect(&url).is_err());
}

#[test]
fn a_test_server_takes_its_folder_with_it() {
    let server = TestPostgres::start().unwrap();
    let directory = server.directory().to_owned();
    assert!(directory.join("data").is_dir());
    drop(server);
    assert!(!directory.exists());
}

#[test]
fn ends_when_its_process_is_killed_and_starts_again() {
    let folder = folder();
    let mut helper = spawn_helper(folder.path());
    let postmaster_pid = folder.path().join("data/postmaster.pid");
    assert!(postmaster_pid.exists());

    helper.kill().unwrap();
    helper.wait().unwrap();
    // No pause: the new server has to wait for the old one to let go.
    let server = start(folder.path());
    assert_eq!(value(server.url(), "select 1::text"), "1");
    drop(server);

    let mut helper = spawn_helper(folder.path());
    helper.kill().unwrap();
    helper.wait().unwrap();
    wait_until("the orphan has ended", || !postmaster_pid.exists());
}

#[test]
fn others_find_the_running_server_and_do_not_start_a_second() {
    let folder = folder();
    assert_eq!(connect_running(folder.path()), None);
    let mut helper = spawn_helper(folder.path());

    let url = connect_running(folder.path()).expect("the helper's server is running");
    assert_eq!(value(&url, "select 1::text"), "1");
    let error = PrivatePostgres::start(&config(folder.path())).unwrap_err();
    assert!(
        matches!(error, PostgresError::AlreadyRunning { .. }),
        "{error}"
    );

    helper.kill().unwrap();
    helper.wait().unwrap();
    wait_until("nothing is found any more", || {
        connect_running(folder.path()).is_none()
    });
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(60)).join("e".repeat(60));
    // The folders between belong to whoever made them; the account of the server must get through.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let server = start(&deep);
    assert_eq!(value(server.url(), "select 1::text"), "1");
    assert_eq!(connect_running(&deep).as_deref(), Some(server.url()));

    let socket_folder = fs::read_to_string(deep.join("data/postmaster.pid"))
        .unwrap()
        .lines()
        .nth(4)
        .unwrap()
        .to_owned();
    drop(server);
    assert!(
        !Path::new(&socket_folder).exists(),
        "{socket_folder} is left behind"
    );
}

#[test]
fn an_interrupted_first_start_is_repeated() {
    let folder = folder();
    let unfinished = folder.path().join("data.unfinished");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    fs::write(folder.path().join("password"), "cut sh").unwrap();

    let server = start(folder.path());
    assert_eq!(value(server.url(), "select 1::text"), "1");
    assert!(!unfinished.exists());
}

#[test]
fn quotes_the_log_when_the_server_does_not_start() {
    let folder = folder();
    start(folder.path()).stop().unwrap();
    let settings = folder.path().join("data/postgresql.conf");
    let mut text = fs::read_to_string(&settings).unwrap();
    text.push_str("\nno_such_setting = 1\n");
    fs::write(&settings, text).unwrap();

    let error = PrivatePostgres::start(&config(folder.path()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no_such_setting"), "{error}");
    assert!(error.contains("postgres.log"), "{error}");
}

#[test]
fn data_of_a_version_that_is_not_installed_are_left_alone() {
    let folder = folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();

    let error = PrivatePostgres::start(&config(folder.path()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("written by PostgreSQL 9"), "{error}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}

#[test]
fn the_binaries_follow_the_data() {
    let server = TestPostgres::start().unwrap();
    let major = server.server().major();
    let version = fs::read_to_string(server.directory().join("data/PG_VERSION")).unwrap();
    assert_eq!(version.trim(), major.to_string());
    assert_eq!(
        find_binaries(Some(major), &bundled_folders())
            .unwrap()
            .major(),
        major
    );
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Starts a server in a process of its own, which holds it until it is killed.
fn spawn_helper(folder: &Path) -> Child {
    let mut helper = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "helper_that_holds_a_server",
            "--ignored",
            "--nocapture",
        ])
        .env(HELPER_DIRECTORY, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(helper.stdout.take().unwrap()).lines();
    let ready = lines
        .map(Result::unwrap)
        .any(|line| line.contains("the server is ready"));
    assert!(ready, "the helper ended: {:?}", helper.wait());
    helper
}

#[test]
#[ignore = "the other process of the tests above"]
fn helper_that_holds_a_server() {
    let Some(folder) = std::env::var_os(HELPER_DIRECTORY) else {
        return;
    };
    let _server = start(Path::new(&folder));
    println!("the server is ready");
    let _ = std::io::stdin().read_line(&mut String::new()); // Until the kill.
}
