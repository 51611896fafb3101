//! Frames of a Run file into a run.

use std::collections::BTreeMap;
use std::time::Duration;

use super::allowance::Allowance;
use super::format::{Beside, End, Kind, LAST_SECOND, News, Second};
use super::packed::FULL_BLOCK;
use crate::fold_marks::{FOLDED, OTHER, SEPARATOR};
use crate::frame::{self, Damage, Ids};
use crate::ledger::ledgers_of;
use crate::meta::RunMeta;
use crate::metric::MetricId;
use crate::pack::{Block, unpack, unpack_accounts};
use crate::run::Run;
use crate::schema::{Definition, Schema};
use crate::tags::TagSetId;
use crate::window::{Series, Window};

/// A run on its way from the file, and the file's ids in its schema.
pub(super) struct Reading {
    pub(super) run: Run,
    ids: FileIds,
    /// Those of the schema.
    definitions: Vec<Definition>,
    /// How many series came for each second.
    came: BTreeMap<u64, u64>,
    /// Files of before do not.
    says_what_is_folded: bool,
}

/// By the file's ids.
#[derive(Default)]
struct FileIds {
    metrics: Vec<MetricId>,
    tag_sets: Vec<TagSetId>,
}

impl Ids for FileIds {
    fn series(&self, metric: u32, tags: u32) -> Option<Series> {
        let metric = *self.metrics.get(metric as usize)?;
        Some(Series { metric, tags: self.tags(tags)? })
    }

    fn tags(&self, tags: u32) -> Option<TagSetId> {
        self.tag_sets.get(tags as usize).copied()
    }
}

/// What a frame was.
pub(super) enum Taken {
    /// Some seconds, or none.
    Seconds(Vec<u64>),
    /// Nothing comes after it.
    End,
}

impl Reading {
    /// A run that has only its description so far.
    pub(super) fn described(payload: &[u8]) -> Result<Self, Damage> {
        let (meta, beside) = description(payload)?;
        let reading = Self {
            run: Run::new(meta, Schema::new()),
            ids: FileIds::default(),
            definitions: Vec::new(),
            came: BTreeMap::new(),
            says_what_is_folded: beside.is_some(),
        };
        reading.watch(beside.as_ref());
        Ok(reading)
    }

    /// Takes any frame but the first.
    pub(super) fn take(
        &mut self,
        kind: Kind,
        payload: &[u8],
        allowance: &mut Allowance,
    ) -> Result<Taken, Damage> {
        match kind {
            Kind::Description => Err("its description comes twice"),
            Kind::Second => {
                let Second { number: second, news, window } =
                    postcard::from_bytes(payload).map_err(|_| "a second does not decode")?;
                self.learn(news, allowance)?;
                // Before any room is made for them.
                let series = frame::series_in(&window)?;
                self.comes(second, series, allowance)?;
                let most_bands = allowance.most_bands();
                let window = frame::decode(&window, &self.definitions, &self.ids, most_bands)?;
                allowance.bands(window.ledgers())?;
                self.push(second, window)?;
                Ok(Taken::Seconds(vec![second]))
            }
            Kind::Names => {
                let news = postcard::from_bytes(payload).map_err(|_| "its names do not decode")?;
                self.learn(news, allowance)?;
                Ok(Taken::Seconds(Vec::new()))
            }
            Kind::Block => {
                let (block, rest): (Block, _) =
                    postcard::take_from_bytes(payload).map_err(|_| "a block does not decode")?;
                let mut accounts = unpack_accounts(rest, allowance.most_bands())?.into_iter();
                let mut seconds = Vec::new();
                for (second, entries) in unpack(block, payload.len(), allowance.most_in_block(FULL_BLOCK))? {
                    self.comes(second, entries.len() as u64, allowance)?;
                    let ledgers =
                        ledgers_of(accounts.next().unwrap_or_default(), |tags| self.ids.tags(tags))?;
                    allowance.bands(&ledgers)?;
                    let window = frame::window_of(entries, &self.definitions, &self.ids)?;
                    self.push(second, window.with_ledgers(ledgers))?;
                    seconds.push(second);
                }
                Ok(Taken::Seconds(seconds))
            }
            Kind::End => {
                let End { news, duration_ns, description: text } =
                    postcard::from_bytes(payload).map_err(|_| "its end does not decode")?;
                let (meta, beside) = description(text.as_bytes())?;
                self.watch(beside.as_ref());
                self.learn(news, allowance)?;
                self.run.meta = meta;
                self.run.duration = Duration::from_nanos(duration_ns);
                Ok(Taken::End)
            }
        }
    }

    fn watch(&self, beside: Option<&Beside>) {
        if let Some(Beside { watched }) = beside {
            self.run.schema().watch(watched, None);
        }
    }

    /// Whether so many series of a second may come now.
    fn comes(&mut self, second: u64, series: u64, allowance: &mut Allowance) -> Result<(), Damage> {
        let newest = self.came.last_key_value().map_or(0, |(newest, _)| *newest);
        let in_it = |second: u64| self.came.get(&second).copied().unwrap_or_default();
        // One that is not the newest has to be taken apart again, and the newest one put away.
        let there = if second < newest { in_it(second) + in_it(newest) } else { in_it(second) };
        allowance.second(series, there)?;
        *self.came.entry(second).or_default() += series;
        Ok(())
    }

    fn push(&mut self, second: u64, window: Window) -> Result<(), Damage> {
        if second > LAST_SECOND {
            return Err("a second is out of range");
        }
        self.run.push(second, window);
        Ok(())
    }

    fn learn(&mut self, news: News, allowance: &mut Allowance) -> Result<(), Damage> {
        allowance.names(news.metrics.len() + news.tag_sets.len())?;
        let schema = self.run.schema();
        for record in news.metrics {
            let id = schema
                .define(&record.name, record.kind, record.unit)
                .map_err(|_| "a metric is not allowed")?;
            for limit in record.limits {
                schema.add_limit(id, limit);
            }
            if id.index() != self.ids.metrics.len() {
                return Err("a metric comes twice");
            }
            self.ids.metrics.push(id);
        }
        for tags in news.tag_sets {
            let mut pairs: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (&**key, &**value)).collect();
            let names = if self.says_what_is_folded { String::new() } else { folded_before(&pairs) };
            if !names.is_empty() {
                pairs.push((FOLDED, &names));
            }
            self.ids.tag_sets.push(schema.intern(TagSetId::EMPTY, &pairs));
        }
        self.definitions.extend(self.run.schema().definitions_from(self.definitions.len()));
        Ok(())
    }
}

fn description(payload: &[u8]) -> Result<(RunMeta, Option<Beside>), Damage> {
    let meta = serde_json::from_slice(payload).map_err(|_| "its description does not decode")?;
    Ok((meta, serde_json::from_slice(payload).ok()))
}

/// The folded keys of a set in a file that does not say: URLs and names were all that was folded.
fn folded_before(pairs: &[(&str, &str)]) -> String {
    let folded = |pair: &&(&str, &str)| matches!(pair.0, "url" | "name") && pair.1 == OTHER;
    let keys: Vec<&str> = pairs.iter().filter(folded).map(|(key, _)| *key).collect();
    keys.join(&SEPARATOR.to_string()[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_before_say_by_their_values_what_is_folded() {
        assert!(matches!(description(b"{}"), Ok((_, None))));
        assert!(matches!(description(br#"{"watched":{}}"#), Ok((_, Some(_)))));
        let tags = |url, name| folded_before(&[("name", name), ("order", OTHER), ("url", url)]);
        assert_eq!(tags(OTHER, "a"), "url");
        assert_eq!(tags(OTHER, OTHER), format!("name{SEPARATOR}url"));
        assert_eq!(tags("/", "a"), "");
    }
}
