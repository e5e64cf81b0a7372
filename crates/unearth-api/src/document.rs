//! What the OpenAPI document says beside the routes.

use crate::problem::ProblemDocument;
use unearth_audit::AccessRole;
use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        Components, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};

const PROBLEM: &str = "Problem";
/// Adds title, security and the problems that every route may answer with.
pub(crate) fn describe(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("Unearth")
        .version("1")
        .description(Some("Finds the hard and the wrongly labelled examples of a dataset by watching a model learn it."))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(PROBLEM.to_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::access::COOKIE))),
    );
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
            operation
                .responses
                .responses
                .insert("default".to_owned(), problem());
            if let Some(role) = role(operation) {
                operation.security = Some(
                    ["token", "session"]
                        .map(|scheme| SecurityRequirement::new(scheme, [role.as_str()]))
                        .to_vec(),
                );
            }
        }
    }
    document
}

/// The role that an operation says it needs; none where it needs no token.
pub(crate) fn role(operation: &Operation) -> Option<AccessRole> {
    // The requirements can only be read by writing them.
    let security = serde_json::to_value(operation.security.as_ref()?).ok()?;
    AccessRole::from_word(security[0]["token"][0].as_str()?)
}

pub(crate) fn operations(
    item: &mut PathItem,
) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("delete", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `get_audits_id_examples`: unique, and a good name for a function of a generated client.
fn operation_id(method: &str, path: &str) -> String {
    path.trim_start_matches("/v1")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

fn problem() -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(PROBLEM)))
        .build();
    ResponseBuilder::new()
        .description("What went wrong.")
        .content("application/problem+json", content)
        .build()
        .into()
}
