//! An S3 server over a folder: `s3_server ADDRESS FOLDER ACCESS_KEY SECRET_KEY`.
//!
//! Prints its URL, and ends when its standard input does, so that it cannot outlive the test
//! that holds the other end.

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    auth::SimpleAuth,
    path::S3Path,
    s3_error,
    service::S3ServiceBuilder,
};
use s3s_fs::FileSystem;
use std::{env, error::Error, path::PathBuf};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, folder, access_key, secret_key] = arguments.as_slice() else {
        return Err("usage: s3_server ADDRESS FOLDER ACCESS_KEY SECRET_KEY".into());
    };
    let files = FileSystem::new(folder).map_err(|error| format!("`{folder}`: {error:?}"))?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(
        access_key.as_str(),
        secret_key.as_str(),
    ));
    service.set_access(BucketsThatAreThere(folder.into()));
    let service = service.build();

    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let mut input = tokio::io::stdin();
    let mut nothing = Vec::new();
    let end = input.read_to_end(&mut nothing);
    tokio::pin!(end);
    loop {
        let (connection, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = &mut end => return Ok(()),
        };
        let service = service.clone();
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            // A client that goes away is none of the server's errors.
            let _ = server
                .serve_connection(TokioIo::new(connection), service)
                .await;
        });
    }
}

/// Whoever has signed may do everything, but not to a bucket that is not there: `s3s-fs` would make it.
struct BucketsThatAreThere(PathBuf);

#[async_trait::async_trait]
impl S3Access for BucketsThatAreThere {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied));
        }
        match context.s3_path() {
            S3Path::Bucket { bucket } | S3Path::Object { bucket, .. }
                if !self.0.join(&**bucket).is_dir() =>
            {
                Err(s3_error!(NoSuchBucket))
            }
            _ => Ok(()),
        }
    }
}
