//! A bucket of S3, or of what speaks like it.

use crate::StoreError;
use object_store::{
    BackoffConfig, ClientConfigKey, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    path::Path as BlobPath,
    prefix::PrefixStore,
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Opens a bucket and tries it out.
pub(super) async fn open(
    bucket: &str,
    prefix: &BlobPath,
    settings: &[(String, String)],
) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let store = builder(settings)
        .with_bucket_name(bucket)
        .with_retry(retries())
        .build()
        .map_err(|error| unusable(bucket, error))?;
    let store = Arc::new(PrefixStore::new(store, prefix.clone()));
    try_out(&*store)
        .await
        .map_err(|error| unusable(bucket, error))?;
    Ok(store)
}

/// What `AmazonS3Builder::from_env` does, with the variables as an argument.
fn builder(settings: &[(String, String)]) -> AmazonS3Builder {
    use AmazonS3ConfigKey::Client;
    let patient = AmazonS3Builder::new()
        // An answer may be gigabytes long; what may not last is silence.
        .with_config(Client(ClientConfigKey::Timeout), "1 day")
        .with_config(Client(ClientConfigKey::ReadTimeout), "30 seconds");
    settings
        .iter()
        .filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty())
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
        .fold(patient, |builder, (key, value)| {
            builder.with_config(key, value)
        })
}

/// Long enough for a server that starts again, short enough for whoever waits for an answer.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(3),
            base: 3.0,
        },
        max_retries: 6,
        retry_timeout: Duration::from_secs(30),
    }
}

async fn try_out(store: &dyn ObjectStore) -> object_store::Result<()> {
    // Processes may start side by side: each has a key of its own.
    let key = BlobPath::from(format!("trials/{}", Uuid::new_v4()));
    store.put(&key, "may be removed".into()).await?;
    store.get(&key).await?.bytes().await?;
    store.delete(&key).await?;
    // To those who may not list it, a bucket does not say that something is missing.
    match store.head(&key).await {
        Err(object_store::Error::NotFound { .. }) => Ok(()),
        other => other.map(drop),
    }
}

fn unusable(bucket: &str, source: object_store::Error) -> StoreError {
    let remedy = match source {
        object_store::Error::NotFound { .. } => {
            "it is not there; make it, or check its name, AWS_ENDPOINT_URL and AWS_REGION"
        }
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => {
            "it refuses the credentials; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they allow to \
             list, read, write and delete"
        }
        _ => {
            "check its name, AWS_ENDPOINT_URL, AWS_REGION and the credentials; an endpoint without TLS needs \
             AWS_ALLOW_HTTP=true"
        }
    };
    StoreError::Bucket {
        bucket: bucket.to_owned(),
        remedy,
        source,
    }
}
