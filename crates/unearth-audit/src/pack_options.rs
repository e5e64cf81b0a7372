//! How an upload is to be read.

use crate::FieldError;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Sides that a pack may be asked for, in pixels.
pub const IMAGE_SIZES: RangeInclusive<u32> = 8..=1024;

/// How an upload is to be read. Everything here can change the examples, so it belongs to the
/// dataset's content address together with the uploaded bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PackOptions {
    /// What to do about an image that cannot be decoded or a row without a label.
    pub on_bad_example: OnBadExample,
    /// Side of the packed images in pixels, within [`IMAGE_SIZES`]; chosen from the data when absent.
    pub image_size: Option<u32>,
    /// Path of the CSV manifest inside the upload; found by its columns when absent.
    pub manifest: Option<String>,
    /// Column of the manifest that holds the label; `label` when absent.
    pub label_column: Option<String>,
}

/// What to do about examples that cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnBadExample {
    /// Refuse the upload with a list of the first of them.
    #[default]
    Refuse,
    /// Leave them out and record each with its reason.
    Skip,
}

impl PackOptions {
    /// Checks the values.
    ///
    /// # Errors
    /// The wrong field and the allowed range.
    pub fn validate(&self) -> Result<(), FieldError> {
        if let Some(side) = self.image_size
            && !IMAGE_SIZES.contains(&side)
        {
            let (least, most) = (IMAGE_SIZES.start(), IMAGE_SIZES.end());
            return Err(FieldError::new(
                "image_size",
                format!("is {side}, but must lie between {least} and {most} pixels"),
            ));
        }
        Ok(())
    }

    /// The column of the manifest that holds the label.
    pub fn label_column(&self) -> &str {
        self.label_column.as_deref().unwrap_or("label")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_refused_and_named() {
        let error = serde_json::from_str::<PackOptions>(r#"{"image_sise": 32}"#).unwrap_err();
        assert!(error.to_string().contains("`image_sise`"), "{error}");
    }

    #[test]
    fn a_side_out_of_range_names_field_and_range() {
        let options = PackOptions {
            image_size: Some(4),
            ..PackOptions::default()
        };
        assert_eq!(
            options.validate().unwrap_err().to_string(),
            "`image_size`: is 4, but must lie between 8 and 1024 pixels"
        );
    }
}
