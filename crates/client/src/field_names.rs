//! Names of header fields that somebody looks for in every answer: most have none of them, and that has to be found out
//! for next to nothing.

/// Names of header fields, and what the value of each has to contain.
#[derive(Debug, Clone, Copy)]
pub struct FieldNames {
    names: &'static [(&'static str, &'static str)],
    /// The bits of [`bit`] of all names: a name whose bit is not there is none of them.
    bits: u64,
}

/// A name's length and one of its letters as one bit of 64. The third letter, because `content-type` is as long as
/// `cache-status` and begins with the same.
#[inline]
const fn bit(name: &[u8]) -> u64 {
    if name.len() < 3 {
        return 0;
    }
    1 << ((name.len() + 10 * name[2].to_ascii_lowercase() as usize) % 64)
}

impl FieldNames {
    /// These, in any case, with values that contain the second text; an empty one is in all of them.
    ///
    /// # Panics
    /// When a name has less than three letters.
    pub const fn new(names: &'static [(&'static str, &'static str)]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < names.len() {
            let own = bit(names[at].0.as_bytes());
            assert!(own != 0);
            bits |= own;
            at += 1;
        }
        Self { names, bits }
    }

    /// Whether a field is one of them.
    #[inline]
    pub(crate) fn has(&self, name: &[u8], value: &[u8]) -> bool {
        // This spares nearly all comparisons.
        self.bits & bit(name) != 0 && self.is_one(name, value)
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
