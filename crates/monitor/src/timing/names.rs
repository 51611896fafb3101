//! What parts of a request's time are called: each name is made once, and known by its number from then on.
//!
//! A request notes numbers, so that noting copies no text and takes no lock that another request wants. There are only so many names;
//! what is beyond is noted as `other`.

use std::sync::{Arc, Mutex, OnceLock};

use crate::monitor::lock;

/// A longer name is cut. Each takes its bytes of every answer.
const LONGEST: usize = 48;
/// The whole time.
pub(super) const TOTAL: &str = "total";
/// What has no name of its own.
pub(super) const OTHER: &str = "other";

/// The number of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartId(u16);

impl PartId {
    /// Without a name of its own.
    pub(super) const OTHER: PartId = PartId(0);
}

/// The names of one monitor.
#[derive(Debug)]
pub(crate) struct Names {
    places: Box<[OnceLock<Box<str>>]>,
    /// How many places are taken.
    taken: Mutex<usize>,
}

/// A name, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(super) names: Arc<Names>,
    pub(super) id: PartId,
}

impl Names {
    /// At most this many.
    pub(crate) fn new(limit: usize) -> Arc<Names> {
        let limit = limit.min(usize::from(u16::MAX));
        Arc::new(Names { places: (0..limit).map(|_| OnceLock::new()).collect(), taken: Mutex::new(0) })
    }

    /// A part whose name a service chose: dots put parts into each other.
    pub(crate) fn chosen(self: &Arc<Names>, name: &str) -> Named {
        let words: Vec<String> = name.split('.').map(word).filter(|word| !word.is_empty()).collect();
        self.named(words.join("."))
    }

    /// A part of a kind, such as `db`, by words that come from elsewhere: `db.select-users`.
    pub(crate) fn of_kind(self: &Arc<Names>, kind: &str, words: &[&str]) -> Named {
        let words: Vec<String> =
            words.iter().map(|text| word(text)).filter(|word| !word.is_empty()).collect();
        self.named(format!("{kind}.{}", words.join("-")))
    }

    /// The text of a number.
    pub(super) fn name(&self, id: PartId) -> &str {
        let place = usize::from(id.0).checked_sub(1).and_then(|index| self.places.get(index));
        place.and_then(OnceLock::get).map_or(OTHER, |name| name)
    }

    fn named(self: &Arc<Names>, mut name: String) -> Named {
        name.truncate(LONGEST);
        Named { names: Arc::clone(self), id: self.id(name.trim_end_matches(['.', '-'])) }
    }

    fn id(&self, name: &str) -> PartId {
        if name.is_empty() || name == TOTAL || name == OTHER {
            return PartId::OTHER;
        }
        let mut taken = lock(&self.taken);
        let mut known = self.places.iter().take(*taken);
        if let Some(index) = known.position(|place| place.get().is_some_and(|known| **known == *name)) {
            return PartId(index as u16 + 1);
        }
        let Some(place) = self.places.get(*taken) else { return PartId::OTHER };
        let _ = place.set(name.into());
        *taken += 1;
        PartId(*taken as u16)
    }
}

/// A text as one word of a token (RFC 9110 §5.6.2): what may not stand there, and dots, are hyphens.
fn word(text: &str) -> String {
    let may_stand = |sign: char| sign.is_ascii_alphanumeric() || "!#$%&'*+-^_`|~".contains(sign);
    let signs: String = text.chars().map(|sign| if may_stand(sign) { sign } else { '-' }).collect();
    signs.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(named: &Named) -> &str {
        named.names.name(named.id)
    }

    #[test]
    fn names_are_tokens() {
        let names = Names::new(10);
        for (chosen, expected) in [
            ("render", "render"),
            ("render.rows", "render.rows"),
            ("..render..rows.", "render.rows"),
            ("a b,c;d=\"e\"", "a-b-c-d--e"),
            ("größe\n", "gr--e"),
            ("", "other"),
            ("...", "other"),
            ("total", "other"),
            ("other", "other"),
        ] {
            assert_eq!(text(&names.chosen(chosen)), expected, "{chosen:?}");
        }
        assert_eq!(text(&names.of_kind("db", &["select", "users"])), "db.select-users");
        assert_eq!(text(&names.of_kind("db", &["(other)", "public.users"])), "db.other-public-users");
        assert_eq!(text(&names.of_kind("out", &["api.stripe.com:443"])), "out.api-stripe-com-443");
        assert_eq!(text(&names.of_kind("out", &[""])), "out");
        let long = names.of_kind("db", &["select", &"x".repeat(500)]);
        assert_eq!(text(&long).len(), LONGEST);
    }

    #[test]
    fn a_name_has_one_number_and_what_is_beyond_has_none() {
        let names = Names::new(2);
        let (first, second) = (names.chosen("a"), names.chosen("b"));
        assert_ne!(first.id, second.id);
        assert_eq!(names.chosen("a").id, first.id);
        assert_eq!(names.chosen("c").id, PartId::OTHER);
        assert_eq!(names.chosen("b").id, second.id);
    }
}
