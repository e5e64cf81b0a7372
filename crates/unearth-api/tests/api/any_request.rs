//! Whatever is asked, the answer is no failure of the server.
//!
//! Requests are made from the OpenAPI document: every route, with parameters and bodies that fit their schemas, nearly
//! fit them, or do not. `UNEARTH_API_FUZZ` says how many (900 without it), `UNEARTH_API_FUZZ_SEED` which.

use crate::{
    service::{Service, anonymous, request_with, token_of},
    stage,
};
use axum::{
    body::Body,
    http::{Method, Request},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, env, fmt::Write as _};
use unearth_audit::AccessRole;

/// After so many requests everything is set up anew: some of them delete it.
const ROUND: usize = 300;
const EXAMPLES: usize = 6;
/// Texts that have broken something, somewhere.
const ODD: [&str; 14] = [
    "",
    " ",
    "null",
    "-1",
    "0",
    "1e999",
    "NaN",
    "2147483648",
    "9223372036854775808",
    "../../etc/passwd",
    "\u{202e}ab\u{0}",
    "é\u{301}🦀",
    "a,b;c=d&e",
    "<svg onload=alert(1)>",
];

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
async fn no_request_makes_the_server_fail() {
    let (requests, seed) = (
        number("UNEARTH_API_FUZZ", 900),
        number("UNEARTH_API_FUZZ_SEED", 1),
    );
    let document = serde_json::to_value(unearth_api::openapi()).unwrap();
    let routes = Routes::of(&document);
    let mut statuses = BTreeMap::<u16, usize>::new();
    for round in 0..(requests as usize).div_ceil(ROUND) {
        let service = Service::start().await;
        let dataset = stage::dataset(&service, EXAMPLES).await;
        let audit = stage::finished_audit(&service, dataset, EXAMPLES).await;
        let mut guess = Guess {
            rng: StdRng::seed_from_u64(seed.wrapping_mul(1_000_003) + round as u64),
            document: &document,
            ids: [dataset.to_string(), audit.to_string()],
        };
        for _ in 0..ROUND {
            let (request, told) = guess.request(&routes);
            let answer = service.respond(request).await;
            let status = answer.status().as_u16();
            *statuses.entry(status).or_default() += 1;
            let media_type = answer.headers().get("content-type").cloned();
            let media_type = media_type.as_ref().map_or("", |it| it.to_str().unwrap());
            let is_compressed = answer.headers().contains_key("content-encoding");
            // A stream of events does not end by itself.
            if media_type.starts_with("text/event-stream") {
                continue;
            }
            let body = axum::body::to_bytes(answer.into_body(), 64 << 20).await;
            let body = body.unwrap_or_else(|error| panic!("{told}\n→ {status}, then {error}"));
            let text = String::from_utf8_lossy(&body);
            assert!(status < 500, "{told}\n→ {status} {text}");
            if status >= 400 && !is_compressed {
                assert_eq!(
                    media_type, "application/problem+json",
                    "{told}\n→ {status} {text}"
                );
                let problem: Value = serde_json::from_slice(&body).unwrap();
                assert!(
                    problem["code"].is_string() && problem["detail"].is_string(),
                    "{told}\n→ {text}"
                );
            }
        }
    }
    println!("seed {seed}: {statuses:?}");
    let good: usize = statuses.range(200..400).map(|(_, count)| count).sum();
    let all: usize = statuses.values().sum();
    assert!(
        good * 8 > all,
        "most requests were refused at the door: {statuses:?}"
    );
}

struct Routes<'d>(Vec<(Method, &'d str, &'d Value)>);

impl<'d> Routes<'d> {
    fn of(document: &'d Value) -> Self {
        let paths = document["paths"].as_object().unwrap();
        let each = paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().unwrap();
            operations.iter().map(move |(method, operation)| {
                (
                    method.to_uppercase().parse().unwrap(),
                    path.as_str(),
                    operation,
                )
            })
        });
        Self(each.collect())
    }
}

/// Makes requests up.
struct Guess<'d> {
    rng: StdRng,
    document: &'d Value,
    /// What there is: a dataset and an audit.
    ids: [String; 2],
}

impl Guess<'_> {
    fn request(&mut self, routes: &Routes) -> (Request<Body>, String) {
        let (mut method, path, operation) = routes.0.choose(&mut self.rng).unwrap().clone();
        // What was deleted cannot be asked for any more.
        if method == Method::DELETE && self.rng.random_bool(0.9) {
            method = Method::GET;
        }
        let mut address = String::new();
        for part in path.split('/').skip(1) {
            let part = if part.starts_with('{') {
                self.path_part(part, path)
            } else {
                part.to_owned()
            };
            write!(address, "/{part}").unwrap();
        }
        let query = self.query(operation);
        if !query.is_empty() {
            write!(address, "?{query}").unwrap();
        }
        let (media_type, body) = self.body(operation);
        let told = format!(
            "{method} {address}\n{media_type}\n{}",
            String::from_utf8_lossy(&body)
        );
        let role = AccessRole::ALL.choose(&mut self.rng).copied();
        let mut request = match role.filter(|_| self.rng.random_bool(0.99)) {
            // Mostly somebody who may.
            Some(_) if self.rng.random_bool(0.8) => {
                request_with(token_of(AccessRole::Admin), method, &address, body.into())
            }
            Some(role) => request_with(token_of(role), method, &address, body.into()),
            None => anonymous(method, &address, body.into()),
        };
        let headers = request.headers_mut();
        if !media_type.is_empty() {
            headers.insert("content-type", media_type.parse().unwrap());
        }
        for (name, values) in [
            (
                "accept",
                &["text/event-stream", "*/*", "x", "application/json;q=0"][..],
            ),
            ("idempotency-key", &["k", "", "a key", "other"]),
            ("last-event-id", &["0", "-1", "x", "99999999999999999999"]),
            ("range", &["bytes=0-1", "bytes=9-", "x"]),
            ("accept-encoding", &["gzip", "br, zstd;q=9", "x"]),
            ("cookie", &["unearth_session=x", "=;;=", "unearth_session="]),
        ] {
            if self.rng.random_bool(0.1) {
                headers.insert(name, values.choose(&mut self.rng).unwrap().parse().unwrap());
            }
        }
        (request, told)
    }

    fn path_part(&mut self, name: &str, path: &str) -> String {
        if self.rng.random_bool(0.1) {
            return encoded(self.odd().as_str());
        }
        match name {
            "{id}" if path.starts_with("/v1/datasets") => self.ids[0].clone(),
            "{id}" | "{other}" if path.starts_with("/v1/audits") => self.ids[1].clone(),
            "{index}" | "{epoch}" | "{chunk}" | "{checkpoint}" => {
                self.rng.random_range(-1..EXAMPLES as i64 + 1).to_string()
            }
            "{name}" => "label_issues".into(),
            "{level}" => "0.5".into(),
            _ => uuid::Uuid::from_u128(self.rng.random_range(0..9)).to_string(),
        }
    }

    fn query(&mut self, operation: &Value) -> String {
        let mut pairs = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "query" || self.rng.random_bool(0.7) {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            let value = match name {
                "label" => ["cat", "=dog()"].choose(&mut self.rng).map(|it| json!(it)),
                "split" => Some(json!("train")),
                "within" => Some(json!("confidence:0..1")),
                _ => None,
            };
            let value = value.filter(|_| self.rng.random_bool(0.8));
            let value = value.unwrap_or_else(|| self.fitting(&parameter["schema"], 0));
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let text = if self.rng.random_bool(0.1) {
                self.odd()
            } else {
                text
            };
            pairs.push(format!("{name}={}", encoded(&text)));
        }
        if self.rng.random_bool(0.03) {
            pairs.push(
                ["x=1", "&&", "=", "%", "limit=%zz", "limit=1&limit=2"]
                    .choose(&mut self.rng)
                    .unwrap()
                    .to_string(),
            );
        }
        pairs.join("&")
    }

    fn body(&mut self, operation: &Value) -> (String, Vec<u8>) {
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            return (String::new(), Vec::new());
        };
        let kinds: Vec<_> = content.iter().collect();
        let &(media_type, kind) = kinds.choose(&mut self.rng).unwrap();
        if media_type != "application/json" {
            let bytes = (0..self.rng.random_range(0..200))
                .map(|_| self.rng.random())
                .collect();
            return (media_type.clone(), bytes);
        }
        let mut value = self.fitting(&kind["schema"], 0);
        if self.rng.random_bool(0.3) {
            self.spoil(&mut value);
        }
        let mut bytes = value.to_string().into_bytes();
        if self.rng.random_bool(0.05) {
            bytes.truncate(self.rng.random_range(0..=bytes.len()));
        }
        (media_type.clone(), bytes)
    }

    /// A value that fits a schema, as far as the schema says.
    fn fitting(&mut self, schema: &Value, depth: usize) -> Value {
        let document = self.document;
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.fitting(&document["components"]["schemas"][name], depth);
        }
        for choices in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[choices].as_array() {
                let choice = choices.choose(&mut self.rng).unwrap().clone();
                return self.fitting(&choice, depth);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(part) = self.fitting(part, depth) {
                    all.extend(part);
                }
            }
            return Value::Object(all);
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.choose(&mut self.rng).unwrap().clone();
        }
        if !schema["const"].is_null() {
            return schema["const"].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.choose(&mut self.rng).unwrap().clone(),
            kind => kind.clone(),
        };
        match kind.as_str() {
            Some("integer") => {
                let edges = [0, 1, 2, 3, 5, 12, -1, i64::from(i32::MAX), i64::MAX];
                json!(edges.choose(&mut self.rng).unwrap())
            }
            Some("number") => json!(
                [0.0, 0.1, 0.5, 1.0, -0.0, 1e-300, 1e300]
                    .choose(&mut self.rng)
                    .unwrap()
            ),
            Some("boolean") => json!(self.rng.random_bool(0.5)),
            Some("array") => {
                let items = self.rng.random_range(0..4);
                (0..items)
                    .map(|_| self.fitting(&schema["items"], depth + 1))
                    .collect()
            }
            Some("object") => self.object(schema, depth),
            Some("null") => Value::Null,
            _ if schema["format"] == "uuid" || self.rng.random_bool(0.2) => {
                json!(self.ids.choose(&mut self.rng).unwrap())
            }
            _ => json!(
                ["Ada", "cat", "train", "vog", "signal=vog", "std:all"]
                    .choose(&mut self.rng)
                    .unwrap()
            ),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required = schema["required"].as_array();
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.is_some_and(|all| all.iter().any(|it| it == name));
            let chance = if is_required {
                0.97
            } else {
                0.5_f64.powi(depth as i32 + 2)
            };
            if self.rng.random_bool(chance) {
                object.insert(name.clone(), self.fitting(property, depth + 1));
            }
        }
        Value::Object(object)
    }

    /// Puts something odd somewhere into a value.
    fn spoil(&mut self, value: &mut Value) {
        let down = self.rng.random_bool(0.7);
        match value {
            Value::Object(fields) if down && !fields.is_empty() => {
                let at = self.rng.random_range(0..fields.len());
                let field = fields.values_mut().nth(at).unwrap();
                self.spoil(field);
            }
            Value::Array(items) if down && !items.is_empty() => {
                let at = self.rng.random_range(0..items.len());
                self.spoil(&mut items[at]);
            }
            _ => {
                let deep = (0..200).fold(Value::Null, |inner, _| json!([inner]));
                let odd = json!(self.odd());
                let choices = [
                    Value::Null,
                    json!(-1),
                    json!(1e308),
                    json!({}),
                    json!([]),
                    odd,
                    deep,
                ];
                *value = choices.choose(&mut self.rng).unwrap().clone();
            }
        }
    }

    fn odd(&mut self) -> String {
        if self.rng.random_bool(0.05) {
            return "x".repeat(5_000);
        }
        (*ODD.choose(&mut self.rng).unwrap()).to_owned()
    }
}

/// Percent-encoded, all of it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~:,".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}
