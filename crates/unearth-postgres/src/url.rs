//! The address of a private server as one string.

use std::{fmt::Write, path::Path};

/// The role that owns the cluster.
pub(crate) const ROLE: &str = "unearth";
/// Only the name of the socket file depends on it; no port is opened.
pub(crate) const PORT: u16 = 5432;

/// A `postgres://` URL for the socket in `directory`.
///
/// The host is only there because URLs need one: `host=` overrides it. Port and TLS mode are spelled out so
/// that `PGPORT` and `PGSSLMODE` of the environment do not change the meaning.
pub(crate) fn for_socket(directory: &Path, password: &str) -> String {
    let host = percent_encoded(&directory.to_string_lossy());
    let password = percent_encoded(password);
    format!("postgres://{ROLE}:{password}@localhost:{PORT}/postgres?host={host}&sslmode=disable")
}

/// Encodes everything but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                write!(encoded, "%{byte:02X}").expect("writing into a String cannot fail");
            }
            encoded
        })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use sqlx::postgres::PgConnectOptions;

    use super::*;

    #[test]
    fn sqlx_reads_the_directory_back() {
        let directory = Path::new("/srv/a b/ü+%25&c/run");
        let options = PgConnectOptions::from_str(&for_socket(directory, "p@ss:w/rd")).unwrap();
        assert_eq!(
            options.get_socket().map(std::path::PathBuf::as_path),
            Some(directory)
        );
        assert_eq!((options.get_username(), options.get_port()), (ROLE, PORT));
    }
}
