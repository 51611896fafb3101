//! An answer that is kept, with its body.
//!
//! It never changes: what replaces it is another one, so that whoever serves it needs no lock. What happens to it while
//! it is kept (that it was used, marked, or is being asked for again) is beside it, in atomics. There may be millions,
//! so all its bytes lie in one block, its body as well unless it is large: one allocation beside this one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};

use bytes::Bytes;

use super::packed::{pack, unpack};
use crate::moment::Moment;
use crate::policy::{Mark, Stored};

/// More uses than that are not told apart.
const MOST_USES: u8 = 3;
/// What stands for [`Mark::Invalid`]; 0 is none, anything else is since when it is stale.
const INVALID: i64 = i64::MIN;
/// Bodies of so many bytes lie in the block: a new head over the old body copies them.
const LARGEST_INSIDE: usize = 16 << 10;
/// What an answer takes beside this and its block, on the average: places in a table and a queue, counts of its
/// labels, and what allocators and shared blocks need.
const AROUND: usize = 120;

/// Where a large body is kept.
#[derive(Debug, Clone)]
pub struct Shelved {
    /// The body.
    pub body: Bytes,
    /// Bytes that it takes beside it.
    pub around: usize,
}

/// What puts a large body where it is to be kept. A body that is there already comes again, when it gets a new head.
pub type Shelf = fn(&Bytes) -> Shelved;

impl Shelved {
    /// Where it is.
    pub fn as_it_is(body: &Bytes) -> Self {
        Self { body: body.clone(), around: 0 }
    }
}

/// What there is of an answer whose body is large.
#[derive(Debug)]
struct Large {
    shelved: Shelved,
    /// Its head unpacked: beside such a body it takes little, and it is half of what deciding about it takes.
    head: Stored,
    /// Bytes that the head takes.
    head_bytes: usize,
}

/// An answer that is kept.
#[derive(Debug)]
pub(super) struct Entry {
    /// A hash of its place.
    pub(super) hash: u64,
    /// Its place, its labels, what is kept beside the body, and the body unless it is large.
    block: Bytes,
    large: Option<Box<Large>>,
    labels_at: u32,
    head_at: u32,
    body_at: u32,
    is_for_one_query: bool,
    uses: AtomicU8,
    pub(super) queue: AtomicU8,
    is_refreshing: AtomicBool,
    /// Up to which purge it was looked at; at first, which had been when it was asked for.
    pub(super) checked: AtomicU64,
    mark: AtomicI64,
}

impl Entry {
    /// None when its head and key are larger than anything that is kept.
    pub(super) fn new(
        (hash, place): (u64, &str),
        labels: &[u64],
        born: u64,
        stored: &Stored,
        body: &Bytes,
        shelf: Shelf,
    ) -> Option<Self> {
        let is_inside = body.len() <= LARGEST_INSIDE;
        let room = place.len() + labels.len() * 8 + stored.headers.len() + 64;
        let mut block = Vec::with_capacity(room + if is_inside { body.len() } else { 0 });
        block.extend_from_slice(place.as_bytes());
        let labels_at = u32::try_from(block.len()).ok()?;
        for label in labels {
            block.extend_from_slice(&label.to_le_bytes());
        }
        let head_at = u32::try_from(block.len()).ok()?;
        pack(stored, &mut block);
        let body_at = u32::try_from(block.len()).ok()?;
        if is_inside {
            block.extend_from_slice(body);
        }
        let block = Bytes::from(block.into_boxed_slice());
        let head = block.slice(head_at as usize..body_at as usize);
        Some(Self {
            hash,
            block,
            large: (!is_inside).then(|| Box::new(Large::new(shelf(body), &head))),
            labels_at,
            head_at,
            body_at,
            is_for_one_query: stored.search.is_nothing(),
            uses: AtomicU8::new(0),
            queue: AtomicU8::new(0),
            is_refreshing: AtomicBool::new(false),
            checked: AtomicU64::new(born),
            mark: AtomicI64::new(coded(stored.mark)),
        })
    }

    /// Under what it is kept.
    pub(super) fn place(&self) -> &[u8] {
        &self.block[..self.labels_at as usize]
    }

    /// By what it can be purged.
    pub(super) fn labels(&self) -> impl Iterator<Item = u64> {
        let bytes = &self.block[self.labels_at as usize..self.head_at as usize];
        bytes.as_chunks().0.iter().map(|label| u64::from_le_bytes(*label))
    }

    /// Its body, or what there is of it.
    pub(super) fn body(&self) -> Bytes {
        match &self.large {
            Some(large) => large.shelved.body.clone(),
            None => self.block.slice(self.body_at as usize..),
        }
    }

    /// Whether every difference between queries matters to it.
    pub(super) fn is_for_one_query(&self) -> bool {
        self.is_for_one_query
    }

    /// What is kept beside the body, with what has happened to it.
    pub(super) fn stored(&self) -> Stored {
        let mark = match self.mark.load(Ordering::Relaxed) {
            0 => Mark::None,
            INVALID => Mark::Invalid,
            millis => Mark::StaleSince(Moment::from_millis(millis)),
        };
        match &self.large {
            Some(large) => Stored { mark, ..large.head.clone() },
            None => unpacked(&self.block.slice(self.head_at as usize..self.body_at as usize), mark),
        }
    }

    /// Marks it; what is worse stays.
    pub(super) fn mark(&self, mark: Mark) {
        let new = coded(mark);
        let _ = self.mark.try_update(Ordering::Relaxed, Ordering::Relaxed, |old| match (old, new) {
            (_, 0) | (INVALID, _) => None,
            (0, new) | (_, new @ INVALID) => Some(new),
            (old, new) => Some(old.min(new)),
        });
    }

    /// Bytes that it takes, with what it takes to find it.
    pub(super) fn cost(&self) -> u64 {
        let large = self.large.as_ref().map_or(0, |large| large.cost());
        (size_of::<Self>() + AROUND + self.block.len() + large) as u64
    }

    /// Once more it was used.
    pub(super) fn used(&self) {
        let uses = self.uses.load(Ordering::Relaxed);
        if uses < MOST_USES {
            self.uses.store(uses + 1, Ordering::Relaxed);
        }
    }

    pub(super) fn uses(&self) -> u8 {
        self.uses.load(Ordering::Relaxed)
    }

    pub(super) fn set_uses(&self, uses: u8) {
        self.uses.store(uses, Ordering::Relaxed);
    }
}

impl Large {
    fn new(shelved: Shelved, head: &Bytes) -> Self {
        let mut head = unpacked(head, Mark::None);
        let (headers, head_bytes) = std::mem::take(&mut head.headers).made_ready();
        head.headers = headers;
        Self { shelved, head, head_bytes }
    }

    fn cost(&self) -> usize {
        size_of::<Self>() + self.shelved.body.len() + self.shelved.around + self.head_bytes
    }
}

fn unpacked(head: &Bytes, mark: Mark) -> Stored {
    unpack(head, mark).expect("what was packed is read")
}

/// The right to ask for an answer again while it is served stale: one has it at a time.
#[derive(Debug)]
pub(super) struct Refresh(Arc<Entry>);

impl Refresh {
    /// None when somebody else has it.
    pub(super) fn of(entry: &Arc<Entry>) -> Option<Self> {
        let was_refreshing = entry.is_refreshing.swap(true, Ordering::Relaxed);
        (!was_refreshing).then(|| Self(Arc::clone(entry)))
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        self.0.is_refreshing.store(false, Ordering::Relaxed);
    }
}

fn coded(mark: Mark) -> i64 {
    match mark {
        Mark::None => 0,
        Mark::Invalid => INVALID,
        Mark::StaleSince(moment) => match moment.millis() {
            0 => 1,
            INVALID => INVALID + 1,
            millis => millis,
        },
    }
}
