//! Examples that are there more than once.

use crate::{DuplicateGroup, Duplicates};
use blake3::Hash;

/// Groups equal images, by first index. `images` and `labels` are in index order.
pub(super) fn find(images: &[Hash], labels: &[i32]) -> Duplicates {
    let mut order: Vec<u32> = (0..images.len() as u32).collect();
    order.sort_unstable_by_key(|index| (images[*index as usize].as_bytes(), *index));

    let mut duplicates = Duplicates::default();
    for group in order.chunk_by(|a, b| images[*a as usize] == images[*b as usize]) {
        let [first, others @ ..] = group else {
            continue;
        };
        if others.is_empty() {
            continue;
        }
        let label = labels[*first as usize];
        let labels_differ = others.iter().any(|index| labels[*index as usize] != label);
        duplicates.repeated += others.len();
        if labels_differ {
            duplicates.contradictory += group.len();
        }
        duplicates.groups.push(DuplicateGroup {
            indices: group.to_owned(),
            labels_differ,
        });
    }
    duplicates
        .groups
        .sort_unstable_by_key(|group| group.indices[0]);
    duplicates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_by_first_index_and_say_whether_labels_differ() {
        let images = [b"b", b"a", b"c", b"a", b"b", b"b"].map(|bytes| blake3::hash(bytes));
        let found = find(&images, &[0, 1, 0, 1, 0, 2]);
        let group = |indices: &[u32], labels_differ| DuplicateGroup {
            indices: indices.to_owned(),
            labels_differ,
        };
        assert_eq!(
            found.groups,
            [group(&[0, 4, 5], true), group(&[1, 3], false)]
        );
        assert_eq!((found.repeated, found.contradictory), (3, 3));
    }
}
