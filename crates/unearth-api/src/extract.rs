//! Extractors whose refusals are problems that name the field.

use crate::{
    nul,
    problem::{self, Problem},
};
use axum::{
    RequestPartsExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{Uri, request::Parts},
};
use serde::de::DeserializeOwned;
use unearth_audit::FieldError;
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

/// Largest JSON body, bytes.
pub(crate) const JSON_BYTES_MAX: usize = 1 << 20;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = JsonBody::from_request(request, state).await?;
        body.read().map(Self)
    }
}

/// A JSON body whose meaning depends on what it holds.
pub(crate) struct JsonBody(Bytes);

impl JsonBody {
    /// Reads it as `T`.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        parse(&self.0)
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            let detail = format!("a JSON body may hold at most {JSON_BYTES_MAX} bytes");
            Problem::new(&problem::BODY_TOO_LARGE, detail)
        })?;
        Ok(Self(bytes))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            Problem::invalid(vec![field_error(&path, &error.to_string())])
        } else {
            Problem::new(&problem::INVALID_JSON, error.to_string())
        }
    })?;
    json.end()
        .map_err(|error| Problem::new(&problem::INVALID_JSON, error.to_string()))?;
    match nul::in_json(bytes) {
        None => Ok(value),
        Some(error) => Err(Problem::invalid(vec![error])),
    }
}

/// A query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if let Some(error) = parts.uri.query().and_then(nul::in_query) {
            return Err(Problem::invalid(vec![error]));
        }
        read_query(&parts.uri).map(Self)
    }
}

fn read_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match axum::extract::Query::try_from_uri(uri) {
        Ok(axum::extract::Query(value)) => Ok(value),
        Err(rejection) => {
            let text = rejection.body_text();
            let text = text
                .strip_prefix("Failed to deserialize query string: ")
                .unwrap_or(&text);
            // The path of the field comes first, where it is known.
            let (path, detail) = match text.split_once(": ") {
                Some((path, detail)) if !path.contains(' ') => (path, detail),
                _ => ("", text),
            };
            Err(Problem::invalid(vec![field_error(path, detail)]))
        }
    }
}

/// A query string whose parameters belong to several structs, so that resources can share them.
///
/// Serde's `flatten` would neither refuse unknown fields nor read numbers out of text. Instead each struct
/// reads its own parameters, and what belongs to none of them is refused.
pub(crate) struct Queries<A, B, C = Nothing>(pub(crate) A, pub(crate) B, pub(crate) C);

/// No parameters.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Nothing {}

impl IntoParams for Nothing {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}

impl<S, A, B, C> FromRequestParts<S> for Queries<A, B, C>
where
    S: Send + Sync,
    A: DeserializeOwned + IntoParams,
    B: DeserializeOwned + IntoParams,
    C: DeserializeOwned + IntoParams,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl<A, B, C> Queries<A, B, C>
where
    A: DeserializeOwned + IntoParams,
    B: DeserializeOwned + IntoParams,
    C: DeserializeOwned + IntoParams,
{
    /// Reads a query string.
    pub(crate) fn read(query: &str) -> Result<Self, Problem> {
        if let Some(error) = nul::in_query(query) {
            return Err(Problem::invalid(vec![error]));
        }
        let known = [names::<A>(), names::<B>(), names::<C>()];
        refuse_others(query, &known.concat())?;
        let [a, b, c] = known.map(|names| only(query, &names));
        Ok(Self(read_query(&a?)?, read_query(&b?)?, read_query(&c?)?))
    }
}

fn names<T: IntoParams>() -> Vec<String> {
    let parameters = T::into_params(|| None).into_iter();
    parameters.map(|parameter| parameter.name).collect()
}

/// The parameters of a query string, with their names; a name needs no percent-encoding.
fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    parameters.map(|it| (it.split('=').next().unwrap_or(it), it))
}

fn refuse_others(query: &str, known: &[String]) -> Result<(), Problem> {
    match parameters(query).find(|(name, _)| !known.iter().any(|it| it == name)) {
        None => Ok(()),
        Some((name, _)) => {
            let known = known.join("`, `");
            let detail = format!("unknown field `{name}`, expected one of `{known}`");
            Err(Problem::invalid_field(name, detail))
        }
    }
}

/// An address with those parameters of a query string that have these names.
fn only(query: &str, names: &[String]) -> Result<Uri, Problem> {
    let kept: Vec<&str> = parameters(query)
        .filter(|(name, _)| names.iter().any(|it| it == name))
        .map(|(_, parameter)| parameter)
        .collect();
    format!("/?{}", kept.join("&"))
        .parse()
        .map_err(Problem::internal)
}

/// Parts of the path. What cannot be read is not there.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = parts.extract::<axum::extract::Path<T>>().await;
        let path = parts.uri.path();
        match read {
            Ok(axum::extract::Path(value)) if !nul::is_encoded_in(path) => Ok(Self(value)),
            _ => Err(Problem::new(
                &problem::NO_SUCH_ROUTE,
                format!("`{path}` does not name anything"),
            )
            .hint("ids are UUIDs, examples and checkpoints are counted from 0")),
        }
    }
}

/// Serde's complaint as an error of a field. It names an unknown or missing field in its text only.
fn field_error(path: &str, complaint: &str) -> FieldError {
    let detail = complaint
        .split(" at line ")
        .next()
        .unwrap_or(complaint)
        .to_owned();
    let named = ["unknown field `", "missing field `"]
        .iter()
        .find_map(|start| detail.strip_prefix(start)?.split('`').next());
    let field = match (path, named) {
        ("" | ".", Some(named)) => named.to_owned(),
        ("" | ".", None) => String::new(),
        (path, Some(named)) if path.ends_with(named) => path.to_owned(),
        (path, Some(named)) => format!("{path}.{named}"),
        (path, None) => path.to_owned(),
    };
    FieldError::new(field, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unearth_audit::RecipeRequest;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Body {
        seed: u64,
        recipe: Option<RecipeRequest>,
    }

    fn field_of(json: &str) -> String {
        let problem = parse::<Body>(json.as_bytes()).expect_err("must be refused");
        format!("{problem:?}")
            .split("field: \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn the_path_of_the_wrong_field_is_named() {
        assert_eq!(field_of(r#"{"sed": 1}"#), "sed");
        assert_eq!(field_of(r#"{"recipe": {}}"#), "seed");
        assert_eq!(field_of(r#"{"seed": "x"}"#), "seed");
        assert_eq!(
            field_of(r#"{"seed": 1, "recipe": {"epoch": 3}}"#),
            "recipe.epoch"
        );
        assert_eq!(
            field_of(r#"{"seed": 1, "recipe": {"epochs": -3}}"#),
            "recipe.epochs"
        );
        assert_eq!(
            field_of(r#"{"seed": 1, "recipe": {"checkpoints": "x"}}"#),
            "recipe.checkpoints"
        );
    }
}
