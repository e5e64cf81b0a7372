//! Names of files inside an upload.

use crate::{DatasetError, MAX_NAME_BYTES, UnsafeMember};

/// Directories and files that systems leave behind, in lower case.
const LITTER: [&str; 3] = ["__macosx", "thumbs.db", "desktop.ini"];

/// The name of an archive member as a clean relative path, without `.` and empty components.
pub(super) fn clean(raw: &[u8]) -> Result<String, DatasetError> {
    let name = str::from_utf8(raw).map_err(|_| DatasetError::NameNotUtf8 {
        name: raw.escape_ascii().to_string(),
    })?;
    match problem(name) {
        Some(problem) => Err(DatasetError::UnsafeMember {
            member: printable(name),
            problem,
        }),
        None => Ok(components(name).collect::<Vec<_>>().join("/")),
    }
}

/// Whether the file counts: no component is hidden or litter.
pub(super) fn is_visible(name: &str) -> bool {
    name.split('/').all(|component| {
        !component.starts_with('.')
            && !LITTER
                .iter()
                .any(|litter| component.eq_ignore_ascii_case(litter))
    })
}

/// A name that may be shown: control characters escaped, and not too long.
pub(super) fn printable(name: &str) -> String {
    name.chars().take(200).flat_map(escape_control).collect()
}

fn escape_control(c: char) -> impl Iterator<Item = char> {
    let (escaped, plain) = if c.is_control() {
        (Some(c.escape_default()), None)
    } else {
        (None, Some(c))
    };
    escaped.into_iter().flatten().chain(plain)
}

fn problem(name: &str) -> Option<UnsafeMember> {
    let has_drive =
        name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic();
    if name.len() > MAX_NAME_BYTES {
        Some(UnsafeMember::LongName(name.len()))
    } else if name.chars().any(char::is_control) {
        Some(UnsafeMember::ControlCharacters)
    } else if name.starts_with(['/', '\\']) || has_drive {
        Some(UnsafeMember::Absolute)
    } else if components(name).any(|component| component == "..") {
        Some(UnsafeMember::Traversal)
    } else {
        None
    }
}

fn components(name: &str) -> impl Iterator<Item = &str> {
    name.split(['/', '\\'])
        .filter(|component| !matches!(*component, "" | "."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(name: &str) -> UnsafeMember {
        match clean(name.as_bytes()) {
            Err(DatasetError::UnsafeMember { problem, .. }) => problem,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn names_are_cleaned() {
        assert_eq!(clean(b"./cat//1.png").unwrap(), "cat/1.png");
        assert_eq!(clean(b"cat\\1.png").unwrap(), "cat/1.png");
        assert_eq!(clean("käse/…".as_bytes()).unwrap(), "käse/…");
    }

    #[test]
    fn dangerous_names_are_refused() {
        for name in ["../x", "a/../../x", "a\\..\\x", ".."] {
            assert_eq!(refused(name), UnsafeMember::Traversal, "{name}");
        }
        for name in ["/etc/passwd", "\\x", "C:/x", "c:\\x"] {
            assert_eq!(refused(name), UnsafeMember::Absolute, "{name}");
        }
        assert_eq!(refused("a\nb"), UnsafeMember::ControlCharacters);
        assert_eq!(refused(&"a".repeat(1025)), UnsafeMember::LongName(1025));
    }

    #[test]
    fn hidden_files_and_litter_do_not_count() {
        for name in [
            ".git/x",
            "cat/.hidden.png",
            "__MACOSX/cat/1.png",
            "cat/Thumbs.db",
        ] {
            assert!(!is_visible(name), "{name}");
        }
        assert!(is_visible("cat/1.png"));
    }

    proptest! {
        #[test]
        fn a_clean_name_stays_inside(raw in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(name) = clean(&raw) {
                prop_assert!(!name.starts_with('/'));
                prop_assert!(name.split('/').all(|part| part != ".."));
                prop_assert_eq!(clean(name.as_bytes()).ok(), Some(name));
            }
        }
    }
}
