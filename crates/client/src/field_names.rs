//! Names of header fields that somebody looks for in every answer: most have none of them, and that has to be found out
//! for next to nothing.

/// Names of header fields, and what the value of each has to contain.
#[derive(Debug, Clone, Copy)]
pub struct FieldNames {
    names: &'static [(&'static str, &'static str)],
    /// Bit *n* is there when a name has *n* letters.
    lengths: u64,
}

impl FieldNames {
    /// These, in any case, with values that contain the second text; an empty one is in all of them.
    ///
    /// # Panics
    /// When a name has 64 letters or more.
    pub const fn new(names: &'static [(&'static str, &'static str)]) -> Self {
        let (mut lengths, mut at) = (0, 0);
        while at < names.len() {
            assert!(names[at].0.len() < 64);
            lengths |= 1 << names[at].0.len();
            at += 1;
        }
        Self { names, lengths }
    }

    /// Whether a field is one of them.
    #[inline]
    pub(crate) fn has(&self, name: &[u8], value: &[u8]) -> bool {
        // Comparing lengths first spares nearly all comparisons.
        name.len() < 64 && self.lengths & (1 << name.len()) != 0 && self.is_one(name, value)
    }

    #[cold]
    fn is_one(&self, name: &[u8], value: &[u8]) -> bool {
        self.names.iter().any(|(known, part)| {
            known.as_bytes().eq_ignore_ascii_case(name)
                && (part.is_empty() || memchr::memmem::find(value, part.as_bytes()).is_some())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_values_with_a_part() {
        const NAMES: FieldNames = FieldNames::new(&[("age", ""), ("server-timing", "cdn-cache")]);
        for (name, value, has) in [
            ("Age", "", true),
            ("agE", "5", true),
            ("via", "5", false),
            ("Server-Timing", "cdn-cache; desc=HIT", true),
            ("Server-Timing", "db; dur=5", false),
            ("x", "cdn-cache", false),
            (&"a".repeat(80), "", false),
        ] {
            assert_eq!(NAMES.has(name.as_bytes(), value.as_bytes()), has, "{name}: {value}");
        }
    }
}
