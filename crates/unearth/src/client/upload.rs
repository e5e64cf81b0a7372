//! A dataset, streamed to the server from a file or a folder.

use super::{
    Client, Refused, answer,
    sending::{self, BUFFER, Sent},
};
use crate::exit::{DATASET_REFUSED, Failure, WRONG_ARGUMENTS};
use anyhow::{Context as _, Result, anyhow};
use reqwest::{Body, Method, StatusCode};
use serde_json::Value;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tokio::{io::DuplexStream, task::spawn_blocking};
use tokio_util::io::{ReaderStream, SyncIoBridge};
use unearth_dataset::{DatasetError, LocalFile, local_files};

/// What is known of an upload before it begins.
#[derive(Debug)]
pub(crate) struct Upload {
    path: PathBuf,
    /// Bytes to send, but for the headers of a tar.
    bytes: u64,
    /// The files of a folder.
    files: Option<Vec<LocalFile>>,
}

impl Upload {
    /// Looks at a file, or at all files of a folder.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        let cannot_read = || format!("cannot read `{}`", path.display());
        let whole = path.canonicalize().with_context(cannot_read);
        let path = whole.map_err(|error| Failure::with_code(WRONG_ARGUMENTS, error))?;
        if path.is_dir() {
            return Self::of_folder(path);
        }
        let size = fs::metadata(&path).with_context(cannot_read)?.len();
        Ok(Self {
            path,
            bytes: size,
            files: None,
        })
    }

    fn of_folder(path: PathBuf) -> Result<Self, Failure> {
        // In a fixed order, so that the same folder is the same upload, and so the same dataset.
        let files = local_files(&path).map_err(|error| unusable(&path, error))?;
        Ok(Self {
            path,
            bytes: files.iter().map(|file| file.size).sum(),
            files: Some(files),
        })
    }

    /// Sends it and returns the dataset that it is, or is becoming.
    pub(crate) async fn send(
        self,
        client: &Client,
        on_bad_example: &str,
    ) -> Result<Value, Failure> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let query = [("name", &*name), ("on_bad_example", on_bad_example)];
        let request = client.request(Method::POST, "/v1/datasets").query(&query);
        let sent = Sent::default();
        let body = match self.files {
            None => sending::file(&self.path, &sent).await?,
            Some(files) => folder(self.path, files, sent.clone()),
        };
        let answered = async { answer(request.body(body).send().await?).await };
        sending::shown("uploading", self.bytes, &sent, answered)
            .await
            .map_err(refusal)
    }
}

/// A path that is no dataset, as the server would say it of the same files in an archive.
pub(crate) fn unusable(path: &Path, error: DatasetError) -> Failure {
    let hint = error.hint();
    let path = path.display();
    match error {
        unreadable @ DatasetError::Unreadable { .. } => {
            let error = anyhow!(unreadable).context(format!("cannot read `{path}`"));
            Failure::with_code(WRONG_ARGUMENTS, error)
        }
        error => Failure::with_code(
            DATASET_REFUSED,
            anyhow!("`{path}` is no dataset: {error}\nhint: {hint}"),
        ),
    }
}

/// An upload that the server does not even keep is a refused dataset.
fn refusal(error: anyhow::Error) -> Failure {
    let is_refusal = error.downcast_ref::<Refused>().is_some_and(|refused| {
        matches!(
            refused.status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY
        )
    });
    if is_refusal {
        Failure::with_code(DATASET_REFUSED, error)
    } else {
        error.into()
    }
}

fn folder(root: PathBuf, files: Vec<LocalFile>, sent: Sent) -> Body {
    let (reading, writing) = tokio::io::duplex(BUFFER);
    let written = spawn_blocking(move || write_tar(&root, &files, writing, &sent));
    let pieces = ReaderStream::with_capacity(reading, BUFFER);
    // A failure to read a file must fail the upload, not cut it short.
    let ending = futures::stream::once(async move {
        written
            .await
            .map_err(io::Error::other)?
            .map(|()| bytes::Bytes::new())
    });
    Body::wrap_stream(futures::StreamExt::chain(pieces, ending))
}

/// A tar whose bytes depend on names and contents alone.
fn write_tar(
    root: &Path,
    files: &[LocalFile],
    writing: DuplexStream,
    sent: &Sent,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(SyncIoBridge::new(writing));
    for LocalFile { name, .. } in files {
        let mut file = fs::File::open(root.join(name))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, name, &mut file)?;
        sent.add(header.size()?);
    }
    tar.into_inner()?.shutdown()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_to_files_are_followed_and_links_to_folders_are_refused_by_name() {
        let folder = tempfile::TempDir::new().unwrap();
        let class = folder.path().join("cat");
        fs::create_dir(&class).unwrap();
        fs::write(folder.path().join("1.png"), b"four").unwrap();
        symlink(folder.path().join("1.png"), class.join("2.png")).unwrap();
        assert_eq!(Upload::of(folder.path()).unwrap().bytes, 8);

        symlink(folder.path(), class.join("again")).unwrap();
        let refused = Upload::of(folder.path()).unwrap_err();
        assert_eq!(refused.code, DATASET_REFUSED);
        let text = refused.error.to_string();
        assert!(text.contains("`cat/again` is a link to a folder"), "{text}");
    }

    #[test]
    fn a_path_that_is_not_there_is_a_wrong_argument() {
        let refused = Upload::of(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(refused.code, WRONG_ARGUMENTS);
        assert_eq!(refused.error.to_string(), "cannot read `/nowhere/at/all`");
    }
}
