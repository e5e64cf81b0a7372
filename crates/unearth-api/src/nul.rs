//! The NUL character (U+0000): Postgres keeps it in no text, so no field may hold it.

use serde_json::Value;
use unearth_audit::FieldError;

/// The first parameter of a query string that holds one.
pub(crate) fn in_query(query: &str) -> Option<FieldError> {
    let parameter = query
        .split('&')
        .find(|parameter| is_encoded_in(parameter))?;
    let name = parameter.split('=').next().unwrap_or(parameter);
    Some(refusal(name))
}

/// Whether percent-encoded text holds one.
pub(crate) fn is_encoded_in(text: &str) -> bool {
    text.contains("%00")
}

/// The first string of a JSON document that holds one.
pub(crate) fn in_json(document: &[u8]) -> Option<FieldError> {
    // Unescaped, it is no JSON.
    const ESCAPED: &[u8] = br"\u0000";
    let may_hold = document.windows(ESCAPED.len()).any(|text| text == ESCAPED);
    if !may_hold {
        return None;
    }
    let document: Value = serde_json::from_slice(document).ok()?;
    find(&document, "").map(|field| refusal(&field))
}

fn find(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| path.to_owned()),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find(item, &format!("{path}[{index}]"))),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let path = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            find(value, &path)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn refusal(field: &str) -> FieldError {
    FieldError::new(field, "must not hold the NUL character (U+0000)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named() {
        let field = |error: Option<FieldError>| error.map(|error| error.field);
        assert_eq!(field(in_query("split=a&group=b%00")), Some("group".into()));
        assert_eq!(field(in_query("group=%2500")), None);
        let document = br#"{"a": "x", "b": {"c": ["", "x\u0000"]}}"#;
        assert_eq!(field(in_json(document)), Some("b.c[1]".into()));
        assert_eq!(field(in_json(br#"{"a": "\\u0000"}"#)), None);
    }
}
