//! B-trees: rows of equal keys are merged into lists of their places, up to a tenth of a page each.

use super::subject::{PAGE_BYTES, PAGE_HEAD, POINTER, Subject, row_bytes};

/// What a page keeps at its end.
const END: f64 = 16.0;
/// How full `CREATE INDEX` makes leaves and the pages above them.
const LEAF_FILL: f64 = 0.9;
const UPPER_FILL: f64 = 0.7;
/// The longest list of places with its key: a tenth of a page without the place of the list itself.
const LONGEST: f64 = 812.0;
/// Bytes of a place.
const PLACE: f64 = 6.0;

/// Pages and levels above the leaves.
pub(super) fn pages(subject: &Subject<'_>, rows: f64) -> (f64, u32) {
    let row = row_bytes(subject.keys.iter().chain(subject.include));
    let can_merge = subject.include.is_empty() && subject.keys.iter().all(|key| key.can_merge);
    let bytes = if can_merge { merged(subject, rows, row) } else { rows * row };
    // Each page begins with the first key of the next one, and no row is cut in two.
    let of_page = PAGE_BYTES - PAGE_HEAD - END;
    let room = (of_page * LEAF_FILL - row).max(row);
    let items = (rows * row).max(1.0) / row;
    let mean = (bytes / items).min(row);
    let leaves = if (mean - row).abs() < 0.5 {
        (rows / ((PAGE_BYTES * LEAF_FILL - PAGE_HEAD - END) / row).floor().max(1.0)).ceil()
    } else {
        (bytes / room).ceil()
    };
    let (mut pages, mut level, mut height) = (leaves.max(1.0), leaves.max(1.0), 0);
    let key = row_bytes(subject.keys.iter());
    let fan_out = (of_page * UPPER_FILL / key).floor().max(2.0);
    while level > 1.0 {
        level = (level / fan_out).ceil();
        pages += level;
        height += 1;
    }
    (pages + 1.0, height)
}

/// Bytes of all rows, those of equal keys merged.
fn merged(subject: &Subject<'_>, rows: f64, row: f64) -> f64 {
    let list = |rows: f64| {
        if rows < 2.0 {
            return rows.max(0.0) * row;
        }
        let room = (LONGEST - (row - POINTER)).max(PLACE * 2.0);
        let lists = (rows * PLACE / room).ceil();
        lists * row + rows * PLACE + lists * 2.0
    };
    let share = if subject.table_rows > 0.0 { rows / subject.table_rows } else { 1.0 };
    // Of several keys it is known how often values of each are common, and not how often they are together.
    if let [key] = subject.keys {
        let of_common: f64 = key.common.iter().map(|common| list(common * rows)).sum();
        let common_rows: f64 = key.common.iter().sum::<f64>() * rows;
        let nulls = key.nulls * rows;
        let rest = (rows - common_rows - nulls).max(0.0);
        let distinct = (key.distinct * share.max(f64::MIN_POSITIVE)).max(1.0);
        let distinct = if share < 1.0 { distinct.max(key.distinct.min(rest)) } else { distinct };
        let distinct = (distinct - key.common.len() as f64).max(1.0);
        return of_common + list(nulls) + many(rest, distinct, row, list);
    }
    let distinct = subject.keys.iter().map(|key| key.distinct).product::<f64>().min(rows);
    many(rows, distinct.max(1.0), row, list)
}

/// Rows spread over so many values by chance: some values have one row, others more.
fn many(rows: f64, distinct: f64, row: f64, list: impl Fn(f64) -> f64) -> f64 {
    let mean = rows / distinct;
    if mean <= 1.0 {
        return rows * row;
    }
    if mean > 30.0 {
        return distinct * list(mean);
    }
    // Values that have none are not among the different ones that were found: the rest is a Poisson's.
    let mut rate = mean;
    for _ in 0..50 {
        rate = mean * (1.0 - (-rate).exp());
    }
    let (mut bytes, mut chance) = (0.0, (-rate).exp() / (1.0 - (-rate).exp()));
    for count in 1..200 {
        chance *= rate / f64::from(count);
        bytes += chance * list(f64::from(count));
    }
    bytes * distinct
}
