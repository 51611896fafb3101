//! What a server says of its own part of the waiting.

use crate::tags::TagSetId;

/// The tag by which a part of the server is named.
pub const PART: &str = "part";
/// What is watched where something is judged by all parts together.
pub const EVERY_PART: &str = "every part of the server";
/// The name of all parts beyond those that are told apart.
pub const OTHER_PARTS: &str = "(other)";

/// How many parts of one answer are told apart; the rest of it is [`OTHER_PARTS`].
const MOST_IN_ANSWER: usize = 24;
/// Letters of a name.
const MOST_LETTERS: usize = 60;

/// A part's name as people read it: `pool_wait` and `pool-wait` are `pool wait`.
pub fn part_name(name: &str) -> String {
    let space = |letter: char| matches!(letter, '_' | '-') || letter.is_control();
    let clean = name.chars().map(|letter| if space(letter) { ' ' } else { letter });
    let clean = clean.take(MOST_LETTERS).collect::<String>();
    let clean = clean.trim();
    // What has no letter has no name.
    if clean.is_empty() && !name.is_empty() { OTHER_PARTS.to_owned() } else { clean.to_owned() }
}

/// What one part of a server came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSum {
    /// Its name, as a tag set of [`PART`].
    pub part: TagSetId,
    /// How long it took, in nanoseconds, without what is in parts within it.
    pub nanoseconds: i64,
    /// In how many requests.
    pub count: u64,
}

impl PartSum {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.nanoseconds = self.nanoseconds.saturating_add(other.nanoseconds);
        self.count += other.count;
    }
}

/// What a server told of one request: how long its parts took, each without what is in parts within it.
#[derive(Debug, Clone, Copy)]
pub struct ServerAccount {
    parts: [PartSum; MOST_IN_ANSWER],
    /// How long each took with what is in parts within it, as it was told.
    whole: [i64; MOST_IN_ANSWER],
    length: usize,
    overlap: i64,
    refused: bool,
}

impl Default for ServerAccount {
    fn default() -> Self {
        let none = PartSum { part: TagSetId::EMPTY, nanoseconds: 0, count: 0 };
        Self {
            parts: [none; MOST_IN_ANSWER],
            whole: [0; MOST_IN_ANSWER],
            length: 0,
            overlap: 0,
            refused: false,
        }
    }
}

impl ServerAccount {
    /// Of what cannot be true, or cannot be read.
    pub fn refused() -> Self {
        Self { refused: true, ..Self::default() }
    }

    /// Adds a part that took so many nanoseconds by itself, and `whole` with what is within it. `other` is the name of
    /// those for which there is no room.
    #[inline]
    pub fn add(&mut self, part: TagSetId, nanoseconds: i64, whole: i64, other: TagSetId) {
        let known = self.parts[..self.length].iter().position(|known| known.part == part);
        if let Some(at) = known {
            self.parts[at].nanoseconds = self.parts[at].nanoseconds.saturating_add(nanoseconds);
            self.whole[at] = self.whole[at].saturating_add(whole);
        } else if self.length + 1 < MOST_IN_ANSWER || part == other {
            self.push(part, nanoseconds, whole);
        } else {
            self.add(other, nanoseconds, whole, other);
        }
    }

    /// Adds a part that is not there yet, of few.
    #[inline]
    pub(crate) fn push(&mut self, part: TagSetId, nanoseconds: i64, whole: i64) {
        self.parts[self.length] = PartSum { part, nanoseconds, count: 1 };
        self.whole[self.length] = whole;
        self.length += 1;
    }

    /// The parts as they were told, with what is within them: each with nanoseconds.
    pub(crate) fn as_told(&self) -> impl Iterator<Item = (TagSetId, i64)> {
        self.parts().iter().zip(self.whole).map(|(part, whole)| (part.part, whole))
    }

    /// Parts within another went on at the same time by so much, which is below zero.
    #[inline]
    pub fn overlaps(&mut self, nanoseconds: i64) {
        self.overlap = self.overlap.saturating_add(nanoseconds.min(0));
    }

    /// Something of it was left out.
    #[inline]
    pub fn refuse(&mut self) {
        self.refused = true;
    }

    /// The parts, each once.
    pub fn parts(&self) -> &[PartSum] {
        &self.parts[..self.length]
    }

    pub(crate) fn overlap(&self) -> i64 {
        self.overlap
    }

    /// Whether it tells nothing.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether something of it was left out.
    pub fn is_refused(&self) -> bool {
        self.refused
    }
}
