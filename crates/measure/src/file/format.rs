//! The format of a Run file, version 1.
//!
//! ```text
//! file    = "LOADLINE" version zstd(frame…)      version: 16 bits, little-endian
//! frame   = kind length payload checksum         kind: 8 bits; length, checksum: 32 bits, little-endian
//! payload = a description, a second, or the end; CRC-32 (ISO-HDLC) over kind, length and payload
//! ```
//!
//! The first frame is the description (JSON of [`RunMeta`](crate::RunMeta)). Then comes one frame for each second: the
//! metrics and tag sets that are new since the last one, and the window. The end has the final description and the
//! duration; a file without it was cut off. The compressed stream is flushed after each frame, so that whatever was
//! written of a file, the frames before the last flush can be read. One stream for all frames, because the seconds of
//! a run resemble each other.
//!
//! A change that old readers would misread gets a new version. New fields of the description do not: it is JSON with
//! defaults for this reason.

use serde::{Deserialize, Serialize};

use crate::metric::{MetricKind, Unit};
use crate::schema::{Definition, Schema};

/// The version of the file format that is written, and the newest that is read.
pub const RUN_FILE_VERSION: u16 = 1;

pub(super) const MAGIC: &[u8; 8] = b"LOADLINE";

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Description,
    Second,
    End,
}

/// Frames are smaller: a second with 25,000 tag sets and 10 metrics each takes a quarter of this.
pub(super) const LONGEST_PAYLOAD: u32 = 64 << 20;

/// Bytes of a frame's kind and length.
pub(super) const PREFIX: usize = 5;

/// The later seconds of a run of more than a hundred years.
pub(super) const LAST_SECOND: u64 = u32::MAX as u64;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct News {
    pub(super) metrics: Vec<MetricRecord>,
    pub(super) tag_sets: Vec<Vec<(String, String)>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MetricRecord {
    pub(super) name: String,
    pub(super) kind: MetricKind,
    pub(super) unit: Unit,
    pub(super) limits: Vec<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Second {
    pub(super) number: u64,
    pub(super) news: News,
    pub(super) window: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) news: News,
    pub(super) duration_ns: u64,
    pub(super) description: String,
}

impl Kind {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Description => 0,
            Self::Second => 1,
            Self::End => 2,
        }
    }

    pub(super) fn of(code: u8) -> Option<Self> {
        [Self::Description, Self::Second, Self::End].into_iter().find(|kind| kind.code() == code)
    }
}

impl News {
    /// What the schema has beyond these many metrics and tag sets.
    pub(super) fn since(schema: &Schema, metrics: usize, tag_sets: usize) -> Self {
        let record = |Definition { metric, limits }| MetricRecord {
            name: metric.name,
            kind: metric.kind,
            unit: metric.unit,
            limits,
        };
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Self {
            metrics: schema.definitions_from(metrics).into_iter().map(record).collect(),
            tag_sets: schema
                .tag_sets_from(tag_sets)
                .iter()
                .map(|tags| tags.iter().map(owned).collect())
                .collect(),
        }
    }
}
