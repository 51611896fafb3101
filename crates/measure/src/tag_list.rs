//! A list of tags that needs no allocation.

/// Room for tags without an allocation: all default tags and a dozen of the user's.
const INLINE: usize = 24;

/// Pairs to extend a tag set with.
#[derive(Debug)]
pub struct TagList<'a> {
    inline: [(&'a str, &'a str); INLINE],
    count: usize,
    longer: Vec<(&'a str, &'a str)>,
}

impl Default for TagList<'_> {
    fn default() -> Self {
        Self { inline: [("", ""); INLINE], count: 0, longer: Vec::new() }
    }
}

impl<'a> TagList<'a> {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair.
    pub fn push(&mut self, key: &'a str, value: &'a str) {
        if self.count < INLINE {
            self.inline[self.count] = (key, value);
        } else {
            if self.count == INLINE {
                self.longer.extend_from_slice(&self.inline);
            }
            self.longer.push((key, value));
        }
        self.count += 1;
    }

    /// Adds pairs.
    pub fn extend(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        for (key, value) in pairs {
            self.push(key, value);
        }
    }

    /// All of them, in order.
    pub fn as_slice(&self) -> &[(&'a str, &'a str)] {
        if self.count <= INLINE { &self.inline[..self.count] } else { &self.longer }
    }
}
