//! GIN: an entry for each different element, with the places of the rows that have it, each as the distance from the
//! one before.
//!
//! How common elements are is known of arrays and of texts in words. Trigrams are counted in the values that are known,
//! which stand for all others; of documents nothing is known but their length.

use std::collections::{HashMap, HashSet};

use crate::ghost::Counts;

use super::key::Key;
use super::subject::{PAGE_BYTES, PAGE_HEAD, POINTER, ROW_HEAD, Subject, aligned};

/// How full pages of entries are: they were split.
const FILL: f64 = 0.7;
/// Bytes of a page that lists of places can have.
const LISTS: f64 = PAGE_BYTES - PAGE_HEAD - 16.0;
/// Numbers that the places of a page are given (`MaxHeapTuplesPerPageBits`).
const PLACES_PER_PAGE: f64 = 2048.0;
/// A list of places that is longer has pages of its own.
const INLINE: f64 = 2700.0;
/// Elements that are listed at most, ten for each unit of a statistics target of 100.
const LISTED: usize = 1000;
/// What was seen once stands for so many that are as rare together.
const UNSEEN: f64 = 4.0;

/// What a GIN index counts of itself. Two pages are neither of entries nor of lists.
pub(super) fn counts(subject: &Subject<'_>, rows: f64) -> Counts {
    let mut entries = 0.0;
    let mut own = 0.0;
    let mut different = 0.0;
    for (place, key) in subject.keys.iter().enumerate() {
        let elements = elements(key, if place == 0 { subject.class } else { "" });
        let entry = aligned(ROW_HEAD + elements.bytes + 2.0, 8.0) + POINTER;
        for (count, share) in &elements.groups {
            let each = share * rows * (1.0 - key.nulls);
            // Nothing is in an index that no row has.
            let count = if each < 1.0 { count * each } else { *count };
            let bytes = list(each.max(1.0), subject.table_pages);
            entries += count * entry;
            different += count;
            if bytes > INLINE {
                own += count * (bytes / LISTS).ceil();
            } else {
                entries += count * bytes;
            }
        }
    }
    let pages = |pages: f64| pages.ceil().clamp(0.0, f64::from(u32::MAX / 4)) as u32;
    Counts {
        pending_pages: 0,
        entry_pages: pages(entries / ((PAGE_BYTES - PAGE_HEAD - 8.0) * FILL)).max(1),
        data_pages: pages(own),
        entries: different.max(1.0) as u64,
    }
}

/// Bytes of the places of so many rows: seven bits of a distance to a byte.
fn list(rows: f64, table_pages: f64) -> f64 {
    let distance = (table_pages.max(1.0) * PLACES_PER_PAGE / rows).max(2.0);
    6.0 + rows * ((distance.log2() / 7.0).floor() + 1.0).clamp(1.0, 6.0)
}

struct Elements {
    /// Bytes of one.
    bytes: f64,
    /// How many have which share of the rows.
    groups: Vec<(f64, f64)>,
}

fn elements(key: &Key, class: &str) -> Elements {
    let (bytes, count) = match class {
        "gin_trgm_ops" if !key.sample.is_empty() => {
            return Elements { bytes: 4.0, groups: trigrams(&key.sample) };
        }
        "gin_trgm_ops" => (4.0, key.bytes + 1.0),
        "jsonb_path_ops" => (4.0, key.bytes / 16.0),
        "jsonb_ops" => (12.0, key.bytes / 8.0),
        "tsvector_ops" => (8.0, key.bytes / 10.0),
        _ => (8.0, (key.bytes - 21.0) / 6.0),
    };
    let count = key.elements.unwrap_or(count).max(1.0);
    let mut groups: Vec<(f64, f64)> = key.common_elements.iter().map(|share| (1.0, *share)).collect();
    let listed: f64 = key.common_elements.iter().sum();
    let rest = (count - listed).max(0.0);
    let least = key.common_elements.iter().copied().fold(1.0, f64::min);
    if groups.is_empty() {
        // As words of a language: each as common as its rank is high, down to one in ten thousand.
        let harmonic: f64 = (1..=10_000).map(|rank| 1.0 / f64::from(rank)).sum();
        groups = (1..=10_000).map(|rank| (1.0, (rest / harmonic / f64::from(rank)).min(1.0))).collect();
    } else if groups.len() >= LISTED && rest > 0.0 {
        let share = least / 3.0;
        groups.push((rest / share, share));
    }
    Elements { bytes, groups }
}

/// Trigrams of some texts, which are alike to all others, and what share of them has each. One that only one text has
/// stands for many that are as rare.
fn trigrams(sample: &[String]) -> Vec<(f64, f64)> {
    let mut found: HashMap<[char; 3], f64> = HashMap::new();
    for text in sample {
        for trigram in of(text) {
            *found.entry(trigram).or_default() += 1.0;
        }
    }
    let texts = sample.len() as f64;
    let group =
        |count: f64| if count > 1.0 { (1.0, count / texts) } else { (UNSEEN, count / texts / UNSEEN) };
    found.into_values().map(group).collect()
}

/// Trigrams of a text: of each word with two blanks before it and one behind, as `pg_trgm` makes them.
fn of(text: &str) -> HashSet<[char; 3]> {
    let lower = text.to_lowercase();
    let words = lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    let padded =
        words.map(|word| [' ', ' '].into_iter().chain(word.chars()).chain([' ']).collect::<Vec<char>>());
    padded
        .flat_map(|word| word.windows(3).map(|three| [three[0], three[1], three[2]]).collect::<Vec<_>>())
        .collect()
}
