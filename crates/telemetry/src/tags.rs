//! Tags as receivers get them.

use std::borrow::Cow;

use loadline_measure::{SOME_KEYS, TagSet};

/// The tag that says which tags are no longer told apart.
const FOLDED: &str = "folded";

/// The tags of a whole run. A script's own samples have them already; what is measured of the machine and of the run
/// itself, such as `vus`, gets them here, so that everything of one run can be found by them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfRun(pub(crate) Vec<(String, String)>);

impl OfRun {
    /// The pairs of a series that say something: an empty value is no tag to receivers.
    pub(crate) fn pairs<'a>(&'a self, tags: &'a TagSet) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let own = tags.iter().map(|(key, value)| {
            if TagSet::is_mark(key) { (FOLDED, folded(tags).into()) } else { (key, Cow::Borrowed(value)) }
        });
        let missing = self.0.iter().filter(|(key, _)| tags.get(key).is_none() && !tags.has_folded(key));
        own.chain(missing.map(|(key, value)| (&**key, Cow::Borrowed(&**value))))
            .filter(|(key, value)| !key.is_empty() && !value.is_empty())
    }
}

/// The keys that are no longer told apart; those that were left out have no name.
fn folded(tags: &TagSet) -> String {
    let keys = tags.folded_keys().map(|key| if key == SOME_KEYS { "…" } else { key });
    keys.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_the_run_are_everywhere_and_its_own_win() {
        let run =
            OfRun(vec![("testid".to_owned(), "night".to_owned()), ("env".to_owned(), "prod".to_owned())]);
        let pairs = |tags: &[(&str, &str)]| -> Vec<(String, String)> {
            let tags = TagSet::new(tags.iter().copied());
            run.pairs(&tags).map(|(key, value)| (key.to_owned(), value.into_owned())).collect()
        };
        let owned = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(pairs(&[]), owned(&[("testid", "night"), ("env", "prod")]));
        let expected = owned(&[("env", "test"), ("name", "page"), ("testid", "night")]);
        assert_eq!(pairs(&[("env", "test"), ("name", "page"), ("none", "")]), expected);
    }
}
