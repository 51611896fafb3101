//! The bucket boundaries, and why one histogram serves two names.
//!
//! The story's metric and OpenTelemetry's of the same thing have different boundaries. Each series is therefore counted once, in the
//! cells between the boundaries of both, and each name's buckets are sums of whole cells: exact, and half the cost of two histograms.

/// What is counted, and how the two names show it.
#[derive(Debug)]
pub(crate) struct Boundaries {
    /// Upper ends of the cells in nanoseconds, ascending: the union of the other two.
    pub(crate) cells_ns: &'static [u64],
    /// Upper ends of the story's buckets, in milliseconds.
    pub(crate) story_ms: &'static [f64],
    /// Upper ends of OpenTelemetry's buckets, in seconds.
    pub(crate) opentelemetry_s: &'static [f64],
}

const MS: u64 = 1_000_000;

/// Requests: the story's buckets with 2,000 and 3,000 ms for the budgets; OpenTelemetry's advice for `http.server.request.duration`.
pub(crate) static REQUESTS: Boundaries = Boundaries {
    cells_ns: &[
        5 * MS,
        10 * MS,
        25 * MS,
        50 * MS,
        75 * MS,
        100 * MS,
        250 * MS,
        500 * MS,
        750 * MS,
        1_000 * MS,
        2_000 * MS,
        2_500 * MS,
        3_000 * MS,
        5_000 * MS,
        7_500 * MS,
        10_000 * MS,
    ],
    story_ms: &[10.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_000.0, 2_500.0, 3_000.0, 5_000.0],
    opentelemetry_s: &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
};

/// Queries: the story's buckets; OpenTelemetry's advice for `db.client.operation.duration`.
pub(crate) static QUERIES: Boundaries = Boundaries {
    cells_ns: &[
        MS,
        5 * MS,
        10 * MS,
        25 * MS,
        50 * MS,
        100 * MS,
        250 * MS,
        500 * MS,
        1_000 * MS,
        5_000 * MS,
        10_000 * MS,
    ],
    story_ms: &[1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0],
    opentelemetry_s: &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_are_the_union() {
        for boundaries in [&REQUESTS, &QUERIES] {
            let story = boundaries.story_ms.iter().map(|ms| (ms * 1e6).round() as u64);
            let other = boundaries.opentelemetry_s.iter().map(|seconds| (seconds * 1e9).round() as u64);
            let union: std::collections::BTreeSet<u64> = story.chain(other).collect();
            assert_eq!(boundaries.cells_ns, union.into_iter().collect::<Vec<_>>());
        }
    }
}
