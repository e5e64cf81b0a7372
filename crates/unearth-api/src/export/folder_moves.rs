//! Decisions as moves between class folders.

use crate::class_names::ClassNames;
use std::fmt;
use unearth_audit::Standing;
use unearth_store::{StoreError, datasets::Dataset, labels::LabelRow};

/// A POSIX shell script that moves relabelled files into the folder of their class and excluded ones out of
/// the dataset. It overwrites and deletes nothing, and can be run again.
#[derive(Debug)]
pub(crate) struct FolderMoves {
    /// From where to where, below the folder of the dataset.
    relabelled: Vec<(String, String)>,
    excluded: Vec<String>,
}

/// A file that lies in no folder of its class, so that no move relabels it.
#[derive(Debug)]
pub(crate) struct NotInClassFolder {
    pub(crate) key: String,
    pub(crate) class: String,
}

const START: &str = r#"#
# Run it in the folder that was uploaded: the one that holds the class folders, or those of the splits. Nothing
# is overwritten or deleted, and what was moved before is left where it is. Excluded files go beside that folder,
# or to where EXCLUDED says.
set -eu
excluded=${EXCLUDED:-../excluded}

move() {
    if [ ! -e "$1" ] && [ -e "$2" ]; then return; fi
    if [ -e "$2" ]; then echo "$2 is there already, so $1 was not moved" >&2; exit 1; fi
    mkdir -p "$(dirname "$2")"
    mv "$1" "$2"
}

"#;

impl FolderMoves {
    /// The moves of rows that decisions change.
    pub(crate) fn of(
        rows: Vec<LabelRow>,
        dataset: &Dataset,
    ) -> Result<Result<Self, NotInClassFolder>, StoreError> {
        let classes = ClassNames::of(dataset);
        let mut moves = Self {
            relabelled: Vec::new(),
            excluded: Vec::new(),
        };
        for row in rows {
            let given = classes.given(row.label)?.unwrap_or_default();
            let Some(folder) = ClassFolder::of(&row.key, row.split.is_some(), &given) else {
                return Ok(Err(NotInClassFolder {
                    key: row.key,
                    class: given,
                }));
            };
            match row.decided {
                Some(label) if row.standing == Standing::Relabel => {
                    let to = folder.renamed(&classes.name(label)?);
                    moves.relabelled.push((row.key, to));
                }
                _ => moves.excluded.push(row.key),
            }
        }
        Ok(Ok(moves))
    }
}

impl fmt::Display for FolderMoves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (relabelled, excluded) = (self.relabelled.len(), self.excluded.len());
        writeln!(f, "#!/bin/sh")?;
        writeln!(f, "# Files relabelled: {relabelled}, excluded: {excluded}.")?;
        f.write_str(START)?;
        for (from, to) in &self.relabelled {
            writeln!(f, "move {} {}", quoted(from), quoted(to))?;
        }
        for key in &self.excluded {
            writeln!(f, "move {} \"$excluded\"/{}", quoted(key), literal(key))?;
        }
        Ok(())
    }
}

/// A path around the folder of its class.
struct ClassFolder<'k> {
    before: &'k str,
    after: &'k str,
}

impl<'k> ClassFolder<'k> {
    /// `class/…`, or `split/class/…` in a dataset with splits.
    fn of(key: &'k str, has_split: bool, class: &str) -> Option<Self> {
        let start = if has_split { key.find('/')? + 1 } else { 0 };
        let (before, rest) = key.split_at(start);
        let after = rest.strip_prefix(class)?;
        after.starts_with('/').then_some(Self { before, after })
    }

    fn renamed(&self, class: &str) -> String {
        format!("{}{class}{}", self.before, self.after)
    }
}

/// A path below the present folder as one word of the shell.
fn quoted(path: &str) -> String {
    // With the dot in front no path is taken for an option.
    literal(&format!("./{path}"))
}

/// Text as one word of the shell.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_the_first_folder_or_the_one_below_the_split() {
        let renamed = |key, has_split, class| {
            ClassFolder::of(key, has_split, class).map(|folder| folder.renamed("dog"))
        };
        assert_eq!(renamed("cat/1.png", false, "cat").unwrap(), "dog/1.png");
        assert_eq!(
            renamed("train/cat/cat/1.png", true, "cat").unwrap(),
            "train/dog/cat/1.png"
        );
        assert_eq!(renamed("cats/1.png", false, "cat"), None);
        assert_eq!(renamed("images/1.png", false, "cat"), None);
        assert_eq!(renamed("1.png", true, "cat"), None);
    }

    #[test]
    fn names_are_literal() {
        assert_eq!(quoted("-a b/$(x)'s.png"), r"'./-a b/$(x)'\''s.png'");
    }
}
