use std::collections::HashMap;

/// Distinct names in order of first appearance, each with its position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    list: Vec<String>,
    positions: HashMap<String, u32>,
}

impl Names {
    /// The position of `name`, which is added if it is new.
    pub(crate) fn position(&mut self, name: &str) -> u32 {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        let position = self.list.len() as u32;
        self.list.push(name.to_owned());
        self.positions.insert(name.to_owned(), position);
        position
    }

    /// The names by position.
    pub(crate) fn list(&self) -> &[String] {
        &self.list
    }

    /// The name at `position`, which this value gave out.
    pub(crate) fn name(&self, position: u32) -> &str {
        &self.list[position as usize]
    }
}
