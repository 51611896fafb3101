//! Hash indexes: as many buckets as there are rows for, in steps.

/// Rows of a bucket: three quarters of a page by rows of twenty bytes.
const PER_BUCKET: f64 = 307.0;

/// Pages of an index of so many rows.
pub(super) fn pages(rows: f64) -> f64 {
    let wanted = (rows / PER_BUCKET).ceil().max(2.0);
    // Up to 512 buckets are doubled, beyond that a quarter of the next power of two is added at a time.
    let power = 2_f64.powf(wanted.log2().ceil());
    let buckets = if wanted <= 512.0 {
        power
    } else {
        let half = power / 2.0;
        half + (4.0 * (wanted - half) / half).ceil() * half / 4.0
    };
    // The first page, one of a map, and pages for the rows of buckets that have more than their share.
    let mean = rows / buckets;
    let room = 407.0;
    let deviation = mean.sqrt();
    let over = if deviation > 0.0 { ((mean - room) / deviation + 2.0).clamp(0.0, 4.0) / 8.0 } else { 0.0 };
    2.0 + buckets + (buckets * over).ceil()
}
