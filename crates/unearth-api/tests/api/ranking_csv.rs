use crate::{service::Service, stage};

async fn audited(examples: usize) -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, examples).await;
    let audit = stage::finished_audit(&service, dataset, examples).await;
    (service, format!("/v1/audits/{audit}/ranking.csv"))
}

fn rows(text: &str) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .into_records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn the_file_is_rfc_4180_with_safe_text() {
    let (service, path) = audited(6).await;
    let answer = service.get(&path).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let text = answer.text();
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
    let lines: Vec<&str> = text.split("\r\n").collect();
    insta::assert_snapshot!(lines[..3].join("\n"), @r##"
    rank,index,key,label,split,group,score,score_class_normalised,percentile,suggested_label,suggested_probability,standing,decided_label,reviewers
    1,0,"a, ""b""/0.png",cat,train,'-fives,100.75,50.375,100.0,'=dog(),0.75,undecided,,0
    2,1,"a, ""b""/1.png",'=dog(),train,,100.625,50.3125,99.0,,,undecided,,0
    "##);
    let rows = rows(&text);
    assert_eq!(rows.len(), 7);
    assert_eq!(rows[1][2], "a, \"b\"/0.png");
    assert_eq!(rows[2][3], "'=dog()");
    assert_eq!(rows[1][5], "'-fives");
    assert_eq!(rows[6][6..], ["", "", "", "", "", "undecided", "", "0"]);
}

#[tokio::test]
async fn raw_text_reads_back_as_it_was() {
    let (service, path) = audited(6).await;
    let rows = rows(
        &service
            .get(&format!("{path}?raw=true"))
            .await
            .expect(200)
            .text(),
    );
    assert_eq!(
        (rows[2][3].as_str(), rows[1][5].as_str()),
        ("=dog()", "-fives")
    );
}

#[tokio::test]
async fn filters_hold_for_the_file_too() {
    let (service, path) = audited(6).await;
    let rows = rows(
        &service
            .get(&format!("{path}?label=cat&split=train"))
            .await
            .expect(200)
            .text(),
    );
    let indices: Vec<&str> = rows[1..].iter().map(|row| row[1].as_str()).collect();
    assert_eq!(indices, ["0", "4"]);
}

#[tokio::test]
async fn headers_say_what_it_was_made_from() {
    let (service, path) = audited(6).await;
    let answer = service.get(&path).await.expect(200);
    for (name, value) in [
        ("x-unearth-dataset", "c0ffee"),
        ("x-unearth-seed", "7"),
        ("x-unearth-precision", "f32"),
        ("x-unearth-device", "cpu (A processor)"),
        ("x-unearth-versions", "unearth 0.1.0; torch 2.11.0"),
        ("x-unearth-signal", "vog std:all"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    assert!(
        answer
            .header("x-unearth-formula")
            .ends_with("%E2%88%82z_p/%E2%88%82x")
    );
    assert_eq!(answer.header("x-unearth-recipe").len(), 64);
}
