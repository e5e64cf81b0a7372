//! A server that is away for a while is waited for.

use crate::real::{Image, Unearth, audit, blobs, home};
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

#[test]
fn a_server_that_comes_back_while_a_dataset_is_validated_is_waited_for() {
    let home = home();
    let data = home.path().join("data");
    let dataset = blobs(home.path(), 64, Image::GREY);
    let out = home.path().join("ranked.csv");

    let unearth = Unearth::start(&data);
    let address = unearth.url.clone();
    // Without a worker, validation lasts until after the restart.
    unearth.stop_worker();
    let mut auditing = audit(&unearth.url, &unearth.token, &dataset, &out)
        .args(["--epochs", "2", "--checkpoints", "2"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut said = BufReader::new(auditing.stderr.take().expect("it is piped")).lines();
    // An upload that is not answered yet is not waited for.
    let mut says = |word| said.any(|line| line.expect("text").contains(word));
    assert!(says("uploading"), "its upload is answered");
    unearth.kill_everything();
    assert!(says("the server is away"), "it waits");

    let _unearth = Unearth::start_at(&data, address.trim_start_matches("http://"));
    let said: Vec<String> = said.map_while(Result::ok).collect();
    let status = auditing.wait().expect("it was ours");
    assert!(status.success(), "{said:#?}");
    assert!(out.is_file());
}
