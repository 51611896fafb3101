//! `HdrHistogram` logs: a compressed histogram for each interval.

use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use loadline_measure::{Builtin, TagSetId};

use crate::error::{BadLine, ImportError};
use crate::hdr_counts::counts;
use crate::imported::Imported;
use crate::lines::whole;
use crate::seconds::Seconds;

/// A log has a histogram in few bytes whatever it counts: a day of a million requests per second is a tenth of this.
const MOST_VALUES: u64 = 1_000_000_000_000;
/// … and in so many cells however short it is: each is looked at, and a few bytes may be made to unpack to millions.
const CELLS: u64 = 1_000_000;
/// A cell that was counted takes at least two bits of a packed log; this is sixteen times as many.
const CELLS_A_BYTE: u64 = 64;

/// What is in a log that says nothing of units: nanoseconds, as most write.
const NANOSECONDS_PER_MILLISECOND: f64 = 1e6;

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let bytes = whole(reader, name, "HdrHistogram")?;
    let wrong = |line: usize, why: BadLine| ImportError::Line {
        name: name.to_owned(),
        line,
        tool: "HdrHistogram",
        why,
    };
    let mut seconds = Seconds::new(name, "HdrHistogram");
    let builtin = Builtin::define(&seconds.schema).map_err(|error| wrong(0, error.into()))?;
    let most_cells = CELLS + CELLS_A_BYTE * bytes.len() as u64;
    let (mut start_s, mut values, mut cells) = (0.0, 0_u64, 0_u64);
    for (index, entry) in IntervalLogIterator::new(&bytes).enumerate() {
        match entry.map_err(|error| wrong(index + 1, BadLine::Form(format!("{error:?}"))))? {
            LogEntry::StartTime(time) | LogEntry::BaseTime(time) => start_s = time.as_secs_f64(),
            LogEntry::Interval(interval) => {
                let encoded = interval.encoded_histogram();
                let packed = STANDARD
                    .decode(encoded)
                    .map_err(|error| wrong(index + 1, BadLine::Form(error.to_string())))?;
                let from = interval.start_timestamp().as_secs_f64();
                let at = ((if from < start_s { from + start_s } else { from }) * 1e9) as i128;
                let tag = interval.tag().map(|tag| tag.as_str().to_owned());
                let tags = match &tag {
                    Some(tag) => seconds.tags(&[("tag", tag.as_str())]),
                    None => TagSetId::EMPTY,
                };
                let read = counts(&packed, |value, times| {
                    values = values.saturating_add(times);
                    cells += 1;
                    if values > MOST_VALUES || cells > most_cells {
                        return Err(format!("it has {values} values in {cells} cells up to here"));
                    }
                    let latency = value as f64 / NANOSECONDS_PER_MILLISECOND;
                    let metrics = [
                        (builtin.response_time, latency),
                        (builtin.http_req_duration, latency),
                        (builtin.http_reqs, 1.0),
                    ];
                    for (metric, value) in metrics {
                        seconds.add_many(at, metric, value, tags, times).map_err(|why| why.to_string())?;
                    }
                    Ok(())
                });
                read.map_err(|why| wrong(index + 1, BadLine::Form(why)))?;
            }
        }
    }
    let run = seconds.finish().ok_or_else(|| ImportError::Empty { name: name.to_owned() })?;
    let notes = vec![
        "an HdrHistogram log says nothing of errors, and its values are taken for nanoseconds, rounded as it keeps them".to_owned(),
        "it does not say what it is of: it can be shown and judged, and compared with `--force`, but is in no baseline".to_owned(),
    ];
    Ok(Imported { run, figures: Vec::new(), notes })
}
