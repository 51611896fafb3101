//! What makes two Run files the same run: SHA-256 of what the run says of itself and what its series come to.
//!
//! Not of the file's bytes: the same run can be written second by second or packed, and compressed better some day. Not
//! of sums either, whose last bits depend on the order of adding up.

use loadline_measure::{Producer, Run, Sink};
use sha2::{Digest, Sha256};

/// The hash in hexadecimal.
pub(crate) fn hash(run: &Run) -> Result<String, serde_json::Error> {
    let mut lines: Vec<String> = run
        .series()
        .map(|(series, tags, sink)| {
            let tags: Vec<(&str, &str)> = tags.iter().collect();
            format!("{} {tags:?} {}", run.schema().metric(series.metric).name, words(sink))
        })
        .collect();
    // By name: the order of a file is that of its schema.
    lines.sort_unstable();
    let mut hasher = Sha256::new();
    // Who made it is said since one version, and may not make two of a run that is there already.
    let mut meta = run.meta.clone();
    meta.origin.workload.producer = Producer::Unknown;
    meta.id.clear();
    hasher.update(serde_json::to_string(&meta)?);
    hasher.update(format!("\n{}", run.duration.as_nanos()));
    for line in lines {
        hasher.update("\n");
        hasher.update(line);
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        text += &format!("{byte:02x}");
    }
    Ok(text)
}

fn words(sink: &Sink) -> String {
    match sink {
        Sink::Counter(counter) => format!("{}", counter.count),
        Sink::Gauge(gauge) => format!("{} {} {} {}", gauge.last, gauge.min, gauge.max, gauge.time_unix_ns),
        Sink::Rate(rate) => format!("{} {}", rate.passes, rate.total),
        Sink::Trend(trend) => format!("{} {:?} {:?}", trend.count(), trend.min(), trend.max()),
    }
}
