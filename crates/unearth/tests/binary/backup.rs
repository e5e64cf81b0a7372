//! A service saved while it works, and restored elsewhere.

use crate::real::{BINARY, Image, Unearth, blobs, home};
use serde_json::json;
use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

fn unearth(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data-dir").arg(data);
    command.env_remove("DATABASE_URL").stdin(Stdio::null());
    command.output().expect("the binary starts")
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(&[out.as_slice(), err].concat()).into_owned()
}

#[test]
fn a_backup_of_a_working_service_is_the_same_service_elsewhere() {
    let (data, home, elsewhere) = (home(), home(), home());
    let dataset = blobs(data.path(), 600, Image::GREY);
    let server = Unearth::start(home.path());
    let recipe = json!({"model": "cnn-s", "epochs": 3, "checkpoints": [1, 3]});
    let finished = server.begin_audit(&dataset, &recipe);
    server.ranking(&finished, "vog");
    let map = format!("/v1/audits/{finished}/examples/5/gradients/1.png");
    let picture = server.bytes(&map);
    let decision = json!({
        "id": "01a21bb0-9f5a-741c-815a-a0caff930dbc", "reviewer": "Ada", "decision": "exclude", "examples": [5],
    });
    server.post(
        &format!("/v1/audits/{finished}/decisions"),
        decision.to_string().into(),
    );
    // With the decision in it.
    let ranking = server.ranking(&finished, "vog");
    // One that is under way when the backup is made.
    let long = json!({"model": "cnn-s", "epochs": 20, "checkpoints": [1, 20]});
    let running = server.begin_audit(&dataset, &long);
    server.wait_for(&format!("/v1/audits/{running}/events"), |events| {
        let items = events["items"].as_array().into_iter().flatten();
        items.filter(|event| event["kind"] == "epoch").count() >= 2
    });

    let backup = data.path().join("backup");
    let folder = backup.to_str().expect("a plain path");
    let saved = unearth(&["backup", folder], home.path());
    assert!(saved.status.success(), "{}", said(&saved));
    assert!(said(&saved).contains("audits      2"), "{}", said(&saved));
    let undisturbed = server.ranking(&running, "vog");
    let refused = unearth(&["restore", folder], home.path());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("is in use"), "{}", said(&refused));
    drop(server);

    let checked = unearth(&["restore", "--check", folder], elsewhere.path());
    assert!(said(&checked).contains("is whole"), "{}", said(&checked));
    let restored = unearth(&["restore", folder], elsewhere.path());
    assert!(restored.status.success(), "{}", said(&restored));
    let server = Unearth::start(elsewhere.path());
    assert!(server.ranking(&finished, "vog") == ranking);
    assert!(server.bytes(&map) == picture);
    let example = server.get(&format!("/v1/audits/{finished}/examples/5"));
    assert_eq!(example["standing"]["standing"], "exclude", "{example}");
    assert!(server.ranking(&running, "vog") == undisturbed);
    drop(server);

    let again = unearth(&["restore", folder], elsewhere.path());
    assert!(!again.status.success());
    assert!(said(&again).contains("has rows"), "{}", said(&again));
    fs::write(backup.join("tables/scores.copy"), b"").expect("it is ours");
    let damaged = unearth(&["restore", "--check", folder], elsewhere.path());
    assert_eq!(damaged.status.code(), Some(1));
    assert!(
        said(&damaged).contains("scores.copy` is damaged"),
        "{}",
        said(&damaged)
    );
}
