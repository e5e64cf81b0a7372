//! Which blobs rows name.

use crate::StoreError;
use sqlx::PgConnection;

/// A blob that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) key: String,
    /// A training begins again without it, and without a loss.
    pub(crate) is_resume_point: bool,
}

/// All of them, by key.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<Named>, StoreError> {
    let named = sqlx::query_as!(
        Named,
        r#"-- blob_names::all
           select upload_blob as "key!", false as "is_resume_point!" from datasets where upload_blob is not null
           union select pack_blob, false from datasets where pack_blob is not null
           union select originals_blob, false from datasets where originals_blob is not null
           union select blob, false from weights
           union select resume_blob, true from runs where resume_blob is not null
           order by 1"#
    )
    .fetch_all(connection)
    .await?;
    Ok(named)
}
