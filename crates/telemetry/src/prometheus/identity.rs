//! What a series is called in Prometheus: its metric, and labels made of its tags.
//!
//! Keys that Prometheus does not allow are written with `_`; where two become one, their values stand together, apart
//! by
//! `;`. An empty value is no label.

use std::sync::Arc;

use loadline_measure::{MetricId, TagSet};

use crate::tags::OfRun;

/// A text that many share.
pub(super) type Text = Arc<str>;

/// What a series is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// Its metric.
    pub(super) metric: MetricId,
    /// Its labels but the name, sorted by the bytes of their names, each name once.
    pub(super) labels: Arc<[(Text, Text)]>,
}

impl Identity {
    pub(super) fn of(metric: MetricId, tags: &TagSet, run: &OfRun) -> Self {
        let mut labels: Vec<(Text, Text)> = Vec::with_capacity(tags.len());
        for (key, value) in run.pairs(tags) {
            let (name, value): (Text, Text) = (label_name(key).into(), value.into());
            match labels.binary_search_by(|(known, _)| known.cmp(&name)) {
                Ok(place) => labels[place].1 = format!("{};{value}", labels[place].1).into(),
                Err(place) => labels.insert(place, (name, value)),
            }
        }
        Self { metric, labels: labels.into() }
    }
}

/// A key as the name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`, and none of those that Prometheus keeps for itself.
fn label_name(key: &str) -> String {
    let mut name: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if name.is_empty() || name.starts_with("__") {
        name.insert_str(0, "tag");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use loadline_measure::{MetricKind, Schema, Unit};

    #[test]
    fn keys_become_names_and_values_stay() {
        let metric = Schema::new().define("x1", MetricKind::Counter, Unit::Plain).unwrap();
        let tags =
            TagSet::new([("b-c", "1"), ("b.c", "2\n\""), ("9", "🙂"), ("__name__", "no"), ("none", "")]);
        let labels = Identity::of(metric, &tags, &OfRun::default()).labels;
        let shown: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(shown, [("_9", "🙂"), ("b_c", "1;2\n\""), ("tag__name__", "no")]);
    }
}
