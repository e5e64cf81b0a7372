//! Blobs in a bucket: what machines share that have no folder in common.

use crate::real::{BINARY, Unearth, Worker, home};
use serde_json::json;
use std::{
    fs,
    io::{Cursor, Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use unearth_postgres::TestPostgres;
use unearth_test_s3::{BUCKET, TestS3};

const CANNOT_BE_USED: i32 = 1;
const WRONG_ARGUMENTS: i32 = 2;

#[test]
fn machines_that_share_a_database_and_a_bucket_audit_together() {
    let home = home();
    let postgres = TestPostgres::start().expect("there is a Postgres");
    let server = TestS3::start().expect("it was built");
    let on_machine = |machine: &str, command: &str| {
        let mut unearth = Command::new(BINARY);
        unearth
            .arg(command)
            .arg("--data-dir")
            .arg(home.path().join(machine))
            .args(["--database-url", postgres.url()])
            .args(["--blobs", &format!("s3://{BUCKET}/audits")])
            .envs(server.settings());
        unearth
    };
    let migrated = on_machine("api", "migrate").status();
    assert!(migrated.expect("the binary starts").success());
    let api = Unearth::ready(
        on_machine("api", "serve").args(["--listen", "127.0.0.1:0"]),
        &home.path().join("api"),
    );
    let worker =
        Worker::spawn(on_machine("worker", "work").args(["--device", "cpu", "--threads", "1"]));

    let images: Vec<Vec<u8>> = (0..12).map(image).collect();
    let audit = api.begin(
        &archive(home.path(), &images),
        json!({"recipe": {"model": "cnn-s", "epochs": 2, "checkpoints": 2}}),
    );
    assert_eq!(api.ranking(&audit, "vog").lines().count(), 13);
    let dataset = &api.get(&format!("/v1/audits/{audit}"))["dataset_id"];
    let dataset = dataset.as_str().expect("an id");
    for (index, image) in images.iter().enumerate() {
        let original = api.bytes(&format!("/v1/datasets/{dataset}/examples/{index}/image"));
        assert!(original == *image, "image {index} is another");
    }

    assert!(!home.path().join("api/blobs").exists());
    assert_eq!(files(&home.path().join("worker")), [""; 0]);
    let nothing = server.unfinished_uploads().expect("its folder is there");
    assert!(nothing.is_empty(), "{nothing:?}");
    let doctor = on_machine("worker", "doctor").output();
    let said = String::from_utf8(doctor.expect("the binary starts").stdout).expect("text");
    let bucket = format!("`s3://{BUCKET}/audits` can be written");
    assert!(said.contains(&bucket), "{said}");
    worker.kill();
}

/// An image unlike the others.
fn image(index: u8) -> Vec<u8> {
    const SIDE: u8 = 8;
    let pixels: Vec<u8> = (0..SIDE * SIDE)
        .map(|at| {
            if at / SIDE == index % SIDE {
                200
            } else {
                index
            }
        })
        .collect();
    let mut file = Vec::new();
    let encoder = png::Encoder::new(&mut file, SIDE.into(), SIDE.into());
    let mut writer = encoder.write_header().expect("to memory");
    writer.write_image_data(&pixels).expect("to memory");
    writer.finish().expect("to memory");
    file
}

/// The images in two folders, those of even index in the first.
fn archive(folder: &Path, images: &[Vec<u8>]) -> PathBuf {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (index, image) in images.iter().enumerate() {
        // Examples are ordered by their names.
        let (class, at) = (index / (images.len() / 2), index);
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("class-{class}/{at:02}.png"), options)
            .expect("to memory");
        zip.write_all(image).expect("to memory");
    }
    let path = folder.join("images.zip");
    let bytes = zip.finish().expect("to memory").into_inner();
    fs::write(&path, bytes).expect("the file can be made");
    path
}

/// Names of all files below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_bucket_that_cannot_be_used_ends_the_start_with_what_to_do() {
    let home = home();
    let server = TestS3::start().expect("it was built");
    let up = |blobs: &str, url: &str| {
        let up = Command::new(BINARY)
            .args(["up", "--data-dir"])
            .arg(home.path().join("data"))
            .env_remove("DATABASE_URL")
            .envs(server.settings())
            .env("AWS_ENDPOINT_URL", url)
            .env("UNEARTH_BLOBS", blobs)
            .output();
        up.expect("the binary starts")
    };
    let wrong_scheme = up("gs://bucket", server.url());
    ends(&wrong_scheme, WRONG_ARGUMENTS, &["gs://bucket", "s3://"]);
    let missing = up("s3://no-such-bucket/audits", server.url());
    ends(&missing, CANNOT_BE_USED, &["`no-such-bucket`", "make it"]);
    let away = up(&format!("s3://{BUCKET}"), &closed());
    ends(&away, CANNOT_BE_USED, &[BUCKET, "AWS_ENDPOINT_URL"]);
}

/// An address that nothing listens on.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

fn ends(output: &Output, code: i32, said: &[&str]) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    for said in said {
        assert!(errors.contains(said), "{said}: {errors}");
    }
}

#[test]
fn without_certificates_a_server_without_tls_is_asked_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("it is asked");
        let question = connection.read(&mut [0; 1024]).expect("it asks");
        assert!(question > 0, "it asks");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        connection.write_all(answer).expect("it waits");
    });
    let health = Command::new(BINARY)
        .args(["health", &url])
        .env("SSL_CERT_FILE", "/nowhere")
        .env("SSL_CERT_DIR", "/nowhere")
        .output()
        .expect("the binary starts");
    assert!(health.status.success(), "{health:?}");
    server.join().expect("it was asked");
}
