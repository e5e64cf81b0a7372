//! What a batch is written in.

use crate::{BatchError, Table, arrow, jsonl, numpy};

/// Format of a batch, as its media type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An Arrow IPC stream.
    Arrow,
    /// Named `NumPy` arrays.
    Npz,
    /// One `NumPy` array, for gradients.
    Npy,
    /// Lines of JSON as dataset cartography writes them, for records.
    JsonLines,
}

impl Format {
    /// Every format with its media type.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Arrow, "application/vnd.apache.arrow.stream"),
        (Self::Npz, "application/x-npz"),
        (Self::Npy, "application/x-npy"),
        (Self::JsonLines, "application/jsonl"),
    ];

    /// The format with this media type, whatever its parameters.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        // Both spellings are about.
        let essence = match essence {
            "application/x-ndjson" | "application/json-lines" => "application/jsonl",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|(_, known)| essence.eq_ignore_ascii_case(known))
            .map(|(format, _)| format)
    }

    /// Reads a batch; a lone npy array becomes the column `gradients`.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn read(self, bytes: &[u8]) -> Result<Table, BatchError> {
        match self {
            Self::Arrow => arrow::read(bytes),
            Self::Npz => numpy::read_npz(bytes),
            Self::Npy => numpy::read_npy("gradients", bytes),
            Self::JsonLines => jsonl::read(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_known_with_parameters_and_in_any_case() {
        let of = Format::of_media_type;
        assert_eq!(of("Application/X-NPZ; charset=binary"), Some(Format::Npz));
        assert_eq!(of("application/x-ndjson"), Some(Format::JsonLines));
        assert_eq!(of("text/csv"), None);
    }
}
