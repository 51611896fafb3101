//! Some series of a second: the others are passed over in the bytes, which takes a fraction of what making values of
//! them does. A judge needs a few series of thousands, for every second of an hour.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::frame::{Damage, Entry, Ids, Record, Same};
use crate::limit::LimitCount;
use crate::window::Series;

/// Of the window that was encoded those series that are among the wanted ones; both ascend.
pub(crate) fn entries_of(bytes: &[u8], wanted: &[Series]) -> Result<Vec<Entry>, Damage> {
    let mut bytes = postcard::Deserializer::from_bytes(bytes);
    Wanted(wanted).deserialize(&mut bytes).map_err(|_| "a second does not decode")
}

struct Wanted<'w>(&'w [Series]);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Vec<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, bytes: D) -> Result<Self::Value, D::Error> {
        bytes.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Vec<Entry>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the series of a second")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::with_capacity(self.0.len().min(entries.size_hint().unwrap_or_default()));
        while let Some(entry) = entries.next_element_seed(One(&mut self.0))? {
            found.extend(entry);
        }
        Ok(found)
    }
}

/// One entry, if it is the first of the wanted series; those before it are over.
struct One<'a, 'w>(&'a mut &'w [Series]);

impl<'de> DeserializeSeed<'de> for One<'_, '_> {
    type Value = Option<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, bytes: D) -> Result<Self::Value, D::Error> {
        bytes.deserialize_tuple(3, self)
    }
}

impl<'de> Visitor<'de> for One<'_, '_> {
    type Value = Option<Entry>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a series of a second")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let short = || A::Error::custom("an entry is cut off");
        let metric: u32 = fields.next_element()?.ok_or_else(short)?;
        let tags: u32 = fields.next_element()?.ok_or_else(short)?;
        let series = Same.series(metric, tags);
        while let [first, rest @ ..] = *self.0
            && series.is_some_and(|series| *first < series)
        {
            *self.0 = rest;
        }
        if self.0.first().copied() == series {
            let values: Record = fields.next_element()?.ok_or_else(short)?;
            return Ok(Some(Entry { metric, tags, values }));
        }
        fields.next_element::<Passed>()?.ok_or_else(short)?;
        Ok(None)
    }
}

/// A [`Record`] of which nothing is kept: the same variants, with the same fields.
#[derive(Deserialize)]
#[expect(dead_code, reason = "its fields are read from the bytes, and by nobody else")]
enum Passed {
    Counter(f64, u64),
    Gauge(f64, i64, u64, f64, f64),
    Rate(u64, u64),
    Raw(Each<f64>),
    Buckets(PassedBuckets),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "as above")]
struct PassedBuckets {
    sum: f64,
    min: f64,
    max: f64,
    limits: Each<LimitCount>,
    zero: u64,
    positive: (i32, Each<(u32, u64)>),
    negative: (i32, Each<(u32, u64)>),
}

/// A list of which nothing is kept.
struct Each<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(bytes: D) -> Result<Self, D::Error> {
        bytes.deserialize_seq(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<T>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::metric::{MetricKind, Unit};
    use crate::recorder::Recorder;
    use crate::run::Run;
    use crate::schema::Schema;
    use crate::tags::TagSetId;

    const KINDS: [MetricKind; 4] =
        [MetricKind::Trend, MetricKind::Counter, MetricKind::Rate, MetricKind::Gauge];

    proptest! {
        // Of each kind, and of trends those that are kept raw, in buckets, and with negative values.
        #[test]
        fn some_series_are_those_of_all(
            values in prop::collection::vec((0_usize..4, 0_usize..5, 0_u64..3, 0_u8..2), 1..60),
            chosen in prop::collection::vec(any::<bool>(), 20),
        ) {
            let schema = Schema::new();
            let metrics = KINDS.map(|kind| schema.define(&format!("m{kind:?}"), kind, Unit::Plain).unwrap());
            schema.add_limit(metrics[0], 2.0);
            let mut run = Run::new(crate::meta::RunMeta::default(), schema.clone());
            let mut recorder = Recorder::new(schema.clone());
            for second in 0..3 {
                for (metric, tag, _, many) in values.iter().filter(|(_, _, at, _)| *at == second) {
                    let tags = recorder.tags(TagSetId::EMPTY, &[("tag", &tag.to_string())]);
                    for value in 0..if *many == 1 { 1500 } else { 1 } {
                        let value = if *metric == 0 { f64::from(value % 7) - 3.0 } else { f64::from(value % 2) };
                        recorder.record(metrics[*metric], value, tags);
                    }
                }
                run.push(second, recorder.take_window());
            }
            let wanted: Vec<_> = run.series().map(|(series, ..)| series)
                .zip(&chosen).filter(|(_, chosen)| **chosen).map(|(series, _)| series).collect();
            let found: Vec<_> = run.seconds_of(&wanted).collect();
            let all: Vec<_> = run.seconds().collect();
            prop_assert_eq!(found.len(), all.len());
            for ((second, some), (same, all)) in found.iter().zip(&all) {
                prop_assert_eq!(second, same);
                let expected: Vec<_> = all.iter().filter(|(series, _)| wanted.contains(series)).collect();
                prop_assert_eq!(some.iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
