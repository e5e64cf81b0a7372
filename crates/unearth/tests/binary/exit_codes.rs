//! Exit codes are those of `unearth --help`. The failed audit is in `weights`.

use crate::real::{Image, Unearth, audit, blobs, home};
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

const WRONG_ARGUMENTS: i32 = 2;
const DATASET_REFUSED: i32 = 3;
const NO_SERVER: i32 = 4;

#[test]
fn exit_codes_are_as_documented() {
    let home = home();
    let out = home.path().join("ranked.csv");
    let good = blobs(home.path(), 12, Image::GREY);
    let text = home.path().join("notes.txt");
    fs::write(&text, "no dataset").expect("the file can be made");
    let empty = home.path().join("empty");
    fs::create_dir(&empty).expect("the folder can be made");

    let unearth = Unearth::start(&home.path().join("data"));
    let with = |dataset: &Path, arguments: &[&str]| unearth.audit(dataset, &out, arguments);
    ends(
        &with(Path::new("nowhere"), &[]),
        WRONG_ARGUMENTS,
        "`nowhere`",
    );
    ends(
        &with(&good, &["--epochs", "0"]),
        WRONG_ARGUMENTS,
        "`recipe.epochs`",
    );
    ends(
        &with(&good, &["--signals", "vgo"]),
        WRONG_ARGUMENTS,
        "`vgo`",
    );
    ends(
        &with(&good, &["--out", "no/such/folder.csv"]),
        WRONG_ARGUMENTS,
        "`no/such`",
    );
    ends(&with(&text, &[]), DATASET_REFUSED, "not a zip");
    ends(&with(&empty, &[]), DATASET_REFUSED, "holds no files");

    let on = |server: &str, token: &str| run(&mut audit(server, token, &good, &out));
    ends(&on(&unearth.url, "wrong"), WRONG_ARGUMENTS, "token");
    ends(
        &on("nonsense", "any"),
        WRONG_ARGUMENTS,
        "`--server nonsense`",
    );
    ends(&on(&closed(), "any"), NO_SERVER, "cannot use the server");
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the binary starts")
}

/// An address that nothing listens on.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

fn ends(output: &Output, code: i32, said: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert!(errors.contains(said), "{said}: {errors}");
}
