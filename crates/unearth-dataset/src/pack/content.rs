//! The address of a dataset: a hash over everything that makes it what it is, and nothing else.

use crate::PackedExample;
use blake3::{Hash, Hasher};

/// Changes whenever what is hashed changes.
const VERSION: &[u8] = b"unearth dataset content 1";

/// Hashes a dataset; `images` are the hashes of the packed images of `shape`, in index order.
pub(super) fn hash(
    shape: [usize; 3],
    class_names: &[String],
    images: &[Hash],
    examples: &[PackedExample],
) -> Hash {
    let mut content = Content(Hasher::new());
    content.text(VERSION);
    for axis in shape {
        content.number(axis as u64);
    }
    content.number(class_names.len() as u64);
    for name in class_names {
        content.text(name.as_bytes());
    }
    content.number(examples.len() as u64);
    for (image, example) in images.iter().zip(examples) {
        content.0.update(image.as_bytes());
        content.0.update(&example.label.to_le_bytes());
        content.text(example.key.as_bytes());
        content.optional(example.split.as_deref());
        content.optional(example.group.as_deref());
    }
    // Only where there are some, so that datasets without keep the address they had before.
    if examples.iter().any(|example| example.difficulty.is_some()) {
        content.text(b"difficulty");
        for example in examples {
            let difficulty = example.difficulty.map(f64::to_le_bytes);
            content.0.update(&[u8::from(difficulty.is_some())]);
            content.0.update(&difficulty.unwrap_or_default());
        }
    }
    content.0.finalize()
}

/// Everything of variable length is preceded by its length, so that no two datasets run together.
struct Content(Hasher);

impl Content {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.update(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default().as_bytes());
    }
}
