//! Names of splits.

/// The canonical name of a directory or file prefix that is named like a split.
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "train" | "training" => "train",
        "val" | "valid" | "validation" | "dev" => "val",
        "test" | "testing" | "t10k" => "test",
        _ => return None,
    })
}

/// The canonical name where there is one, otherwise the name itself.
pub(super) fn canonical_or_given(name: &str) -> &str {
    canonical(name).unwrap_or(name)
}

/// Order of the splits in the index.
pub(super) fn rank(canonical: Option<&str>) -> u8 {
    match canonical {
        Some("train") => 0,
        Some("val") => 1,
        Some("test") => 2,
        _ => 3,
    }
}
