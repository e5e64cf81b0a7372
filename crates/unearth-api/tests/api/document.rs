use std::path::Path;

#[test]
fn the_committed_document_is_what_the_code_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    let generated = unearth_api::openapi().to_pretty_json().unwrap() + "\n";
    assert!(
        committed == generated,
        "openapi.json is out of date: run `cargo run -p unearth-api --example openapi`"
    );
}

#[test]
fn every_route_of_the_contract_is_documented() {
    let document = serde_json::to_value(unearth_api::openapi()).unwrap();
    for (path, methods) in [
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
        ("/openapi.json", "get"),
        ("/login", "get"),
        ("/v1/session", "get post delete"),
        ("/v1/login-codes", "post"),
        ("/v1/tokens", "get post"),
        ("/v1/tokens/{id}", "delete"),
        ("/v1/access-log", "get"),
        ("/v1/datasets", "get post"),
        ("/v1/datasets/{id}", "get delete"),
        ("/v1/datasets/{id}/validate", "post"),
        ("/v1/datasets/{id}/examples", "get"),
        ("/v1/datasets/{id}/examples/{index}", "get"),
        ("/v1/datasets/{id}/examples/{index}/image", "get"),
        ("/v1/weights", "post"),
        ("/v1/weights/{hash}", "get"),
        ("/v1/audits/{id}/examples/count", "get"),
        ("/v1/signals", "get"),
        ("/v1/audits", "get post"),
        ("/v1/audits/estimate", "post"),
        ("/v1/audits/{id}", "get delete"),
        ("/v1/audits/{id}/cancel", "post"),
        ("/v1/audits/{id}/retry", "post"),
        ("/v1/audits/{id}/records/{epoch}/{chunk}", "put delete"),
        (
            "/v1/audits/{id}/gradients/{checkpoint}/{chunk}",
            "put delete",
        ),
        ("/v1/audits/{id}/received", "get"),
        ("/v1/audits/{id}/complete", "post"),
        ("/v1/audits/{id}/events", "get"),
        ("/v1/audits/{id}/scores", "get post"),
        ("/v1/audits/{id}/examples", "get"),
        ("/v1/audits/{id}/examples/{index}", "get"),
        (
            "/v1/audits/{id}/examples/{index}/gradients/{checkpoint}",
            "get",
        ),
        ("/v1/audits/{id}/statistics", "get"),
        ("/v1/audits/{id}/archaeology", "get"),
        ("/v1/audits/{id}/groups", "get"),
        ("/v1/audits/{id}/pie", "get"),
        ("/v1/audits/{id}/pie/{level}", "get"),
        ("/v1/audits/{id}/runs", "get"),
        ("/v1/audits/{id}/subsets", "get"),
        ("/v1/audits/{id}/subsets/{name}", "get"),
        ("/v1/audits/{id}/ranking.csv", "get"),
        ("/v1/audits/{id}/ranking.jsonl", "get"),
        ("/v1/audits/{id}/ranking.parquet", "get"),
    ] {
        for method in methods.split(' ') {
            assert!(
                document["paths"][path][method].is_object(),
                "{method} {path}"
            );
        }
    }
    assert_eq!(document["paths"].as_object().unwrap().len(), 60);
}
