//! Indexes of bounds: `GiST` and SP-`GiST` one for each row, BRIN one for each range of pages.

use super::subject::{PAGE_BYTES, PAGE_HEAD, POINTER, ROW_HEAD, Subject, aligned};

/// How full pages are that rows were put into one after another, and split.
const SPLIT_FILL: f64 = 0.7;
/// Bytes of the box of a geography: six numbers of four bytes and a length.
const BOX_3D: f64 = 28.0;
/// Bytes of a flat box: four numbers of four bytes.
const BOX_2D: f64 = 16.0;
/// Bytes of a trigram, of which a text has about as many as characters, and of the head of their list.
const TRIGRAM: f64 = 3.0;
const LIST_HEAD: f64 = 9.0;
/// How full pages are that were split in the middle again and again, as new ranges come behind all others.
const MIDDLE_FILL: f64 = 0.5;

/// Pages of a `GiST` or SP-`GiST` index.
pub(super) fn bounds(subject: &Subject<'_>, rows: f64, method: &str) -> f64 {
    let data: f64 = subject
        .keys
        .iter()
        .enumerate()
        .map(|(place, key)| {
            let class = if place == 0 { subject.class } else { "" };
            match class {
                "gist_geography_ops" | "spgist_geography_ops_nd" => BOX_3D,
                "gist_geometry_ops_2d" | "spgist_geometry_ops_2d" => BOX_2D,
                "gist_trgm_ops" => key.bytes * TRIGRAM + LIST_HEAD,
                _ => key.bytes,
            }
        })
        .sum();
    let fill = if subject.class == "range_ops" { MIDDLE_FILL } else { SPLIT_FILL };
    let row = aligned(ROW_HEAD + data, 8.0) + POINTER;
    let leaves = rows * row / ((PAGE_BYTES - PAGE_HEAD - 16.0) * fill);
    let spread = if method == "spgist" { 1.05 } else { 1.0 };
    1.0 + (leaves * spread * (1.0 + row / PAGE_BYTES)).ceil()
}

/// Pages of a BRIN index: two for itself, a map, and the smallest and largest values.
pub(super) fn block_ranges(subject: &Subject<'_>) -> f64 {
    let per_range = if subject.pages_per_range == 0 { 128.0 } else { f64::from(subject.pages_per_range) };
    let ranges = (subject.table_pages / per_range).ceil().max(1.0);
    let data: f64 = subject.keys.iter().map(|key| aligned(key.bytes, key.alignment()) * 2.0).sum();
    let row = aligned(ROW_HEAD + data, 8.0) + POINTER;
    1.0 + (ranges / 1360.0).ceil() + (ranges * row / (PAGE_BYTES - PAGE_HEAD - 8.0)).ceil()
}
