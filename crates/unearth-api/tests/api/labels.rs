//! Labels with decisions applied: as a file, and as moves between folders.

use crate::{service::Service, stage};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const EXAMPLES: usize = 8;

async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
    (service, format!("/v1/audits/{audit}"))
}

async fn decide(service: &Service, audit: &str, body: Value) {
    let address = format!("{audit}/decisions");
    service.post(&address, body.to_string()).await.expect(201);
}

/// The first four: relabelled, excluded, in conflict, kept.
async fn decide_on_four(service: &Service, audit: &str) {
    for (reviewer, example, decision, label) in [
        ("ada", 0, "relabel", Some("=dog()")),
        ("ada", 1, "exclude", None),
        ("ada", 2, "relabel", Some("=dog()")),
        ("bea", 2, "exclude", None),
        ("ada", 3, "keep", None),
    ] {
        let body = json!({"reviewer": reviewer, "decision": decision, "label": label, "examples": [example]});
        decide(service, audit, body).await;
    }
}

#[tokio::test]
async fn every_row_that_was_not_excluded_has_its_label() {
    let (service, audit) = audited().await;
    decide_on_four(&service, &audit).await;
    let file = service
        .get(&format!("{audit}/labels.csv"))
        .await
        .expect(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    insta::assert_snapshot!(file.text().replace('\r', ""), @r#"
    path,label,split,group,given_label,standing,index
    "a, ""b""/0.png",=dog(),train,-fives,cat,relabel,0
    "a, ""b""/2.png",cat,test,,cat,conflict,2
    "a, ""b""/3.png",=dog(),train,,=dog(),keep,3
    "a, ""b""/4.png",cat,train,,cat,undecided,4
    "a, ""b""/5.png",=dog(),test,-fives,=dog(),undecided,5
    "a, ""b""/6.png",cat,train,,cat,undecided,6
    "a, ""b""/7.png",=dog(),train,,=dog(),undecided,7
    "#);
}

#[tokio::test]
async fn moves_relabel_what_lies_in_class_folders() {
    let (service, audit) = audited().await;
    let address = format!("{audit}/moves.sh");
    // Nothing to move, in whatever folders the files lie.
    service.get(&address).await.expect(200);
    decide_on_four(&service, &audit).await;
    let problem = service
        .get(&address)
        .await
        .problem(409, "labels-not-in-folders");
    assert!(problem["hint"].as_str().unwrap().contains("labels.csv"));

    let mut sql = service.sql().await;
    let rename = "update examples set key = split || '/' ||
        (case label when 0 then 'cat' else '=dog()' end) || '/-it''s ' || index || '.png'";
    sqlx::query(rename).execute(&mut sql).await.unwrap();
    let script = service.get(&address).await.expect(200).text();
    assert!(
        script.contains("# Files relabelled: 1, excluded: 1."),
        "{script}"
    );

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for file in [
        "cat/-it's 0.png",
        "=dog()/-it's 1.png",
        "=dog()/-it's 3.png",
    ] {
        let path = data.join("train").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    // Again, it finds everything moved.
    for _ in 0..2 {
        assert!(run(&script, &data));
        let train = data.join("train");
        assert_eq!(names(&train.join("cat")), Vec::<String>::new());
        assert_eq!(names(&train.join("=dog()")), ["-it's 0.png", "-it's 3.png"]);
        let excluded = folder.path().join("excluded/train/=dog()");
        assert_eq!(names(&excluded), ["-it's 1.png"]);
    }
    // What is in the way is left alone.
    fs::write(data.join("train/cat/-it's 0.png"), "another").unwrap();
    assert!(!run(&script, &data));
    let kept = fs::read_to_string(data.join("train/=dog()/-it's 0.png")).unwrap();
    assert_eq!(kept, "cat/-it's 0.png");
}

fn run(script: &str, folder: &Path) -> bool {
    let mut sh = Command::new("sh");
    sh.args(["-c", script]).current_dir(folder);
    sh.status().unwrap().success()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
