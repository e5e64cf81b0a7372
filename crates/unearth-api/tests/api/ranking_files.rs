//! What holds for every format, and for JSON Lines and Parquet.

use crate::{
    service::{Answer, Service, request},
    stage,
};
use axum::{
    body::{Body, to_bytes},
    http::Method,
    response::Response,
};
use parquet::{
    basic::{Compression, Type},
    file::{
        metadata::RowGroupMetaData,
        reader::{FileReader as _, SerializedFileReader},
        statistics::Statistics,
    },
    record::Field,
};
use serde_json::{Value, json};

const EXAMPLES: usize = 160;
/// Rows of a row group.
const GROUP: usize = 16_384;

/// An audit with categories; the last two examples have no score, a third has no category.
async fn audited() -> (Service, String) {
    let service = Service::start().await;
    let dataset = stage::dataset(&service, EXAMPLES).await;
    let audit = stage::categorised_audit(&service, dataset, EXAMPLES).await;
    (service, format!("/v1/audits/{audit}"))
}

fn lines(answer: &Answer) -> Vec<Value> {
    let text = answer.text();
    assert!(text.is_empty() || text.ends_with('\n'));
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn opened(answer: Answer) -> SerializedFileReader<bytes::Bytes> {
    SerializedFileReader::new(answer.body).unwrap()
}

/// Names of the columns, then the rows, as the raw CSV writes them.
fn cells(file: &SerializedFileReader<bytes::Bytes>) -> Vec<Vec<String>> {
    let schema = file.metadata().file_metadata().schema().get_fields();
    let names = schema.iter().map(|field| field.name().to_owned()).collect();
    let cell = |(_, field): (&String, &Field)| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Int(whole) => whole.to_string(),
        Field::Double(number) => format!("{number:?}"),
        Field::Bool(flag) => flag.to_string(),
        other => panic!("unexpected {other:?}"),
    };
    let rows = file.get_row_iter(None).unwrap();
    let rows = rows.map(|row| row.unwrap().get_column_iter().map(cell).collect());
    std::iter::once(names).chain(rows).collect()
}

fn csv_cells(answer: &Answer) -> Vec<Vec<String>> {
    let text = answer.text();
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let rows = reader.into_records();
    rows.map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn json_lines_are_the_rows_of_the_listing() {
    let (service, audit) = audited().await;
    for query in [
        "",
        "signal=confidence&split=train",
        "category=corrupted&max=110",
    ] {
        let listing = service
            .get(&format!("{audit}/examples?limit=1000&{query}"))
            .await
            .expect(200)
            .json();
        let file = service
            .get(&format!("{audit}/ranking.jsonl?{query}"))
            .await
            .expect(200);
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        assert_eq!(Value::Array(lines(&file)), listing["items"], "{query}");
    }
    let all = lines(&service.get(&format!("{audit}/ranking.jsonl")).await);
    assert_eq!(all.len(), EXAMPLES);
    assert!(all.iter().any(|line| line["category"].is_null()));
    assert_eq!(all[EXAMPLES - 1]["value_reason"], "not-seen");
}

#[tokio::test]
async fn parquet_holds_the_table_of_the_csv_with_types_and_nulls() {
    let (service, audit) = audited().await;
    let relabel =
        json!({"reviewer": "ada", "decision": "relabel", "label": "cat", "examples": [1]});
    let decisions = format!("{audit}/decisions");
    service
        .post(&decisions, relabel.to_string())
        .await
        .expect(201);
    for query in ["", "signal=confidence&split=test", "subset=top_vog"] {
        let csv = service
            .get(&format!("{audit}/ranking.csv?raw=true&{query}"))
            .await
            .expect(200);
        let file = service
            .get(&format!("{audit}/ranking.parquet?{query}"))
            .await
            .expect(200);
        assert_eq!(
            file.header("content-type"),
            "application/vnd.apache.parquet"
        );
        assert_eq!(cells(&opened(file)), csv_cells(&csv), "{query}");
    }

    let file = opened(service.get(&format!("{audit}/ranking.parquet")).await);
    let columns = file.metadata().file_metadata().schema_descr().columns();
    let described: Vec<(&str, Type, bool)> = columns
        .iter()
        .map(|it| (it.name(), it.physical_type(), it.self_type().is_optional()))
        .collect();
    let (whole, text, number) = (Type::INT32, Type::BYTE_ARRAY, Type::DOUBLE);
    assert_eq!(
        described,
        [
            ("rank", whole, false),
            ("index", whole, false),
            ("key", text, false),
            ("label", text, true),
            ("split", text, true),
            ("group", text, true),
            ("score", number, true),
            ("score_class_normalised", number, true),
            ("percentile", number, true),
            ("suggested_label", text, true),
            ("suggested_probability", number, true),
            ("standing", text, false),
            ("decided_label", text, true),
            ("reviewers", whole, false),
            ("category", text, true),
            ("category_tied", Type::BOOLEAN, true),
            ("p_random_outputs", number, true),
            ("p_corrupted", number, true),
        ]
    );
    // Every column that may be null is null somewhere here, and every one has a value somewhere.
    for (at, (name, _, nullable)) in described.into_iter().enumerate() {
        let statistics = file.metadata().row_group(0).column(at).statistics();
        let nulls = statistics.and_then(Statistics::null_count_opt);
        let nulls = nulls.unwrap_or_default() as usize;
        assert_eq!(
            nulls > 0,
            nullable && !["label", "split"].contains(&name),
            "{name}: {nulls}"
        );
        assert!(nulls < EXAMPLES, "{name}");
    }
}

#[tokio::test]
async fn a_filter_that_leaves_nothing_makes_files_without_rows() {
    let (service, audit) = audited().await;
    let none = "min=1e9";
    let file = service
        .get(&format!("{audit}/ranking.parquet?{none}"))
        .await
        .expect(200);
    assert_eq!(cells(&opened(file)).len(), 1);
    let file = service
        .get(&format!("{audit}/ranking.jsonl?{none}"))
        .await
        .expect(200);
    assert_eq!(file.text(), "");
}

#[tokio::test]
async fn what_it_was_made_from_stands_in_headers_and_in_the_parquet_file() {
    let (service, audit) = audited().await;
    let csv = service
        .get(&format!("{audit}/ranking.csv"))
        .await
        .expect(200);
    let of_parquet = service
        .get(&format!("{audit}/ranking.parquet"))
        .await
        .expect(200);
    let of_json = service
        .get(&format!("{audit}/ranking.jsonl"))
        .await
        .expect(200);
    let told: Vec<_> = csv
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-unearth-"))
        .collect();
    assert_eq!(told.len(), 8);
    for (name, value) in told {
        assert_eq!(of_parquet.headers.get(name), Some(value));
        assert_eq!(of_json.headers.get(name), Some(value));
    }
    for (answer, name) in [
        (&of_json, "ranked.jsonl"),
        (&of_parquet, "ranked.parquet"),
        (&csv, "ranked.csv"),
    ] {
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"{name}\"")
        );
    }

    let file = opened(of_parquet);
    let metadata = file.metadata().file_metadata();
    let facts = metadata.key_value_metadata().unwrap();
    let fact = |key: &str| {
        let found = facts.iter().find(|it| it.key == format!("unearth.{key}"));
        found.and_then(|it| it.value.clone()).unwrap()
    };
    for key in [
        "dataset",
        "recipe",
        "seed",
        "precision",
        "device",
        "versions",
        "signal",
    ] {
        assert_eq!(fact(key), csv.header(&format!("x-unearth-{key}")));
    }
    assert!(fact("formula").ends_with("∂z_p/∂x"), "{}", fact("formula"));
}

#[tokio::test]
async fn a_long_ranking_is_written_in_row_groups() {
    let examples = GROUP + 3;
    let service = Service::start().await;
    let dataset = stage::dataset(&service, examples).await;
    let audit = stage::finished_audit(&service, dataset, examples).await;
    let file = opened(
        service
            .get(&format!("/v1/audits/{audit}/ranking.parquet"))
            .await
            .expect(200),
    );
    let groups = file.metadata().row_groups();
    let rows: Vec<i64> = groups.iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(rows, [GROUP as i64, 3]);
    assert_eq!(groups[0].column(2).compression(), Compression::SNAPPY);
    let csv = service
        .get(&format!("/v1/audits/{audit}/ranking.csv?raw=true"))
        .await;
    assert!(cells(&file) == csv_cells(&csv), "the rows differ");
}

#[tokio::test]
async fn only_the_csv_takes_raw() {
    let (service, audit) = audited().await;
    for file in ["ranking.jsonl", "ranking.parquet"] {
        let problem = service
            .get(&format!("{audit}/{file}?signal=vog&raw=true"))
            .await
            .problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], "raw");
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("unknown field `raw`, expected one of `signal`, `window`"),
            "{detail}"
        );
    }
    for (query, field) in [
        ("min=x", "min"),
        ("signal=charm", "signal"),
        ("limit=3", "limit"),
    ] {
        let problem = service
            .get(&format!("{audit}/ranking.parquet?{query}"))
            .await
            .problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn a_ranking_that_is_deleted_meanwhile_comes_whole_or_breaks_the_transfer() {
    for file in ["ranking.csv", "ranking.jsonl", "ranking.parquet"] {
        let (service, audit) = audited().await;
        let path = format!("{audit}/{file}");
        let whole = service.get(&path).await.expect(200).body;
        let answer = begun(&service, &path).await;
        service.delete(&audit).await.expect(204);
        match to_bytes(answer.into_body(), usize::MAX).await {
            Ok(read) => assert_eq!(read, whole),
            Err(error) => assert!(
                format!("{error:?}").contains("Deleted"),
                "another error: {error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn clients_that_do_not_read_hold_up_nobody() {
    let (service, audit) = audited().await;
    // More than is held in memory, so that the rest has to go to disk.
    let longer = "update examples set split = repeat('split ', 4000)";
    let mut sql = service.sql().await;
    sqlx::query(longer).execute(&mut sql).await.unwrap();
    let path = format!("{audit}/ranking.csv");
    let mut unread = Vec::new();
    // More than connections, and than files that are read from the database at once.
    for _ in 0..20 {
        unread.push(begun(&service, &path).await);
    }
    let whole = service.get(&path).await.expect(200).body;
    assert!(whole.len() > 2 << 20);
    for answer in unread {
        let read = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert_eq!(read, whole);
    }
}

/// An answer of which no byte was read.
async fn begun(service: &Service, path: &str) -> Response {
    let answer = service.respond(request(Method::GET, path, Body::empty()));
    let answer = answer.await;
    assert_eq!(answer.status(), 200);
    answer
}
