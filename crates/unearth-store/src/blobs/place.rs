//! Where blobs are kept.

use object_store::path::Path as BlobPath;
use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::PathBuf,
};
use thiserror::Error;

const SCHEME: &str = "s3://";

/// Where blobs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder.
    Folder(PathBuf),
    /// A part of a bucket of S3, or of what speaks like it.
    Bucket {
        /// Its name.
        bucket: String,
        /// What the keys of all blobs begin with; empty for the whole bucket.
        prefix: BlobPath,
    },
}

/// A URL that blobs cannot be kept at.
#[derive(Debug, Error)]
pub enum NoPlace {
    /// It is of another kind.
    #[error("blobs are kept in a folder or at `s3://BUCKET/PREFIX`")]
    OtherScheme,
    /// It names no bucket.
    #[error("`{0}` is no name of a bucket: the URL should look like `s3://BUCKET/PREFIX`")]
    BadBucket(String),
    /// What follows the bucket cannot begin keys.
    #[error("what follows the bucket must be plain names between slashes")]
    BadPrefix(#[from] object_store::path::Error),
}

impl Place {
    /// Reads `s3://BUCKET/PREFIX`; anything that is no URL is a folder.
    ///
    /// # Errors
    /// When it is another URL, or its bucket or prefix cannot be.
    pub fn parse(given: &OsStr) -> Result<Self, NoPlace> {
        let Some(url) = given.to_str().filter(|text| text.contains("://")) else {
            return Ok(Self::Folder(given.into()));
        };
        let rest = url.strip_prefix(SCHEME).ok_or(NoPlace::OtherScheme)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if bucket.is_empty() || !bucket.chars().all(is_plain) {
            return Err(NoPlace::BadBucket(bucket.to_owned()));
        }
        Ok(Self::Bucket {
            bucket: bucket.to_owned(),
            prefix: BlobPath::parse(prefix)?,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Bucket { bucket, prefix } => write!(f, "{SCHEME}{bucket}/{prefix}"),
        }
    }
}

/// As [`parse`](Place::parse) reads it.
impl From<&Place> for OsString {
    fn from(place: &Place) -> Self {
        match place {
            Place::Folder(folder) => folder.into(),
            Place::Bucket { .. } => place.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &str) -> Result<Place, String> {
        Place::parse(given.as_ref()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bucket_has_a_name_and_perhaps_a_prefix() {
        let bucket = |prefix: &str| {
            Ok(Place::Bucket {
                bucket: "my-data.eu".to_owned(),
                prefix: prefix.into(),
            })
        };
        assert_eq!(parse("s3://my-data.eu"), bucket(""));
        assert_eq!(parse("s3://my-data.eu/"), bucket(""));
        assert_eq!(parse("s3://my-data.eu/team/audits/"), bucket("team/audits"));
    }

    #[test]
    fn what_is_no_url_is_a_folder() {
        for folder in ["/var/blobs", "blobs", "s3", "s3/bucket"] {
            assert_eq!(parse(folder), Ok(Place::Folder(folder.into())));
        }
    }

    #[test]
    fn a_url_that_names_no_bucket_is_none() {
        for url in ["gs://bucket", "S3://bucket", "https://host/bucket"] {
            assert!(parse(url).unwrap_err().contains("s3://BUCKET"), "{url}");
        }
        for url in ["s3://", "s3:///prefix", "s3://key@bucket", "s3://host:80/x"] {
            assert!(
                parse(url).unwrap_err().contains("no name of a bucket"),
                "{url}"
            );
        }
        assert!(parse("s3://bucket/a/../b").is_err());
        assert!(parse("s3://bucket/a//b").is_err());
    }

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for given in ["s3://bucket/", "s3://bucket/a/b", "some/folder"] {
            let place = Place::parse(given.as_ref()).unwrap();
            assert_eq!(OsString::from(&place), given);
        }
    }
}
