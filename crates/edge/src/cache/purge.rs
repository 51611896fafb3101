//! What is taken away, or has to be asked about before it is used again: purges by somebody's word, and by what an
//! answer makes worthless.

use http::{HeaderMap, HeaderValue, Request};
use url::Url;

use super::engine::Cache;
use super::labels::{Fate, Label};
use super::limits::add;
use super::record::Record;
use crate::fields::groups::{self, CACHE_GROUPS};
use crate::fields::tags;
use crate::key::Key;
use crate::moment::Moment;
use crate::policy::{Invalidation, Mark, resolved};
use crate::query::normal;

/// What is to be purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// Answers under the key with this text.
    Key(String),
    /// Answers to requests for this URL.
    Url(Url),
    /// Answers with this tag (`Cache-Tag`, `Surrogate-Key`), of whichever origin.
    Tag(String),
    /// Answers in this group (RFC 9875), of whichever origin.
    Group(String),
    /// All.
    All,
}

impl Cache {
    /// Purges: what is purged softly is stale from now on, and may be served so by its own words while it is asked for
    /// again; otherwise it is gone. How many answers it was.
    ///
    /// But for [`Purge::Key`] it takes the same short time however many answers it is, and nobody waits for it. What is
    /// gone is found gone by whoever looks for it; its memory is free when it would have been evicted, or after
    /// [`Self::sweep`].
    pub fn purge(&self, purge: &Purge, softly: Option<Moment>) -> usize {
        let fate = softly.map_or(Fate::Gone, |now| Fate::Marked(Mark::StaleSince(now)));
        match purge {
            Purge::Key(text) => self.purge_key(text, fate),
            Purge::Url(url) => self.purge_label(Label::Url(&written(url)), fate),
            Purge::Tag(tag) => self.purge_label(Label::Tag(tag), fate),
            Purge::Group(group) => self.purge_label(Label::Group(group), fate),
            Purge::All => {
                let count = self.len();
                self.labels.purge_all(fate);
                self.write(|| Record::purge(None, fate));
                count
            }
        }
    }

    fn purge_key(&self, text: &str, fate: Fate) -> usize {
        let Some(key) = Key::parse(text) else { return 0 };
        let mut count = 0;
        for entry in self.at(&self.searches.places(&key)) {
            self.write(|| Record::drop(entry.place()));
            match fate {
                Fate::Gone => {
                    if self.remove(&entry) {
                        add(&self.tallies.purged, 1);
                        count += 1;
                    }
                }
                Fate::Marked(mark) => {
                    entry.mark(mark);
                    count += 1;
                }
            }
        }
        count
    }

    /// Frees the memory of what was purged; how many answers it was. It looks at everything, one shard after the
    /// other, and is for the background.
    pub fn sweep(&self) -> usize {
        let mut count = 0;
        for shard in self.shards() {
            let old: Vec<_> = shard.iter().cloned().collect();
            drop(shard);
            count += old.into_iter().filter(|entry| !self.stands(entry)).count();
        }
        count
    }

    /// What an answer to an unsafe request makes worthless has to be asked about before it is used again.
    pub(super) fn invalidate(&self, request: &Request<()>, invalidation: &Invalidation) {
        let fate = Fate::Marked(Mark::Invalid);
        for url in &invalidation.urls {
            self.purge_label(Label::Url(&written(url)), fate);
        }
        if invalidation.groups.is_empty() {
            return;
        }
        let Some(url) = url(request) else { return };
        let origin = url.origin().ascii_serialization();
        for group in &invalidation.groups {
            self.purge_label(Label::GroupOf(&origin, group), fate);
        }
    }

    fn purge_label(&self, label: Label<'_>, fate: Fate) -> usize {
        let count = self.labels.purge(self.labels.hash(label), fate);
        // Only now: an answer that the purge has come too late for is in the journal already.
        self.write(|| Record::purge(Some(label), fate));
        count
    }

    /// By what the answer to a request for this URL can be purged.
    pub(super) fn labels_by(&self, url: Option<&Url>, headers: &HeaderMap) -> Vec<u64> {
        let mut labels = Vec::new();
        labels.extend(url.map(|url| self.labels.hash(Label::Url(&written(url)))));
        labels.extend(tags::of(headers).iter().map(|tag| self.labels.hash(Label::Tag(tag))));
        let origin = url.map(|url| url.origin().ascii_serialization());
        for group in &groups::names(headers, CACHE_GROUPS) {
            labels.push(self.labels.hash(Label::Group(group)));
            labels.extend(origin.as_ref().map(|origin| self.labels.hash(Label::GroupOf(origin, group))));
        }
        labels.sort_unstable();
        labels.dedup();
        labels
    }
}

/// The URL of a request.
pub(super) fn url(request: &Request<()>) -> Option<Url> {
    resolved(request, &HeaderValue::from_static(""))
}

/// A URL in the form in which URLs are compared.
fn written(url: &Url) -> String {
    normal(url.as_str())
}
