//! The format of a Run file, versions 1 and 2: as a run is written while it goes on, and as a finished one is kept.
//!
//! ```text
//! version 1 = "LOADLINE" 1 zstd(frame…)          version: 16 bits, little-endian
//! version 2 = "LOADLINE" 2 frame…
//! frame     = kind length payload checksum       kind: 8 bits; length, checksum: 32 bits, little-endian
//! payload   = a description, a second, the end, names, or a block; CRC-32 (ISO-HDLC) over kind, length and payload
//! ```
//!
//! # Version 1
//!
//! The first frame is the description (JSON of [`RunMeta`](crate::RunMeta), and what is
//! watched of tags). Then comes one frame for each second: the
//! metrics and tag sets that are new since the last one, and the window. The end has the final description and the
//! duration; a file without it was cut off. The compressed stream is flushed after each frame, so that whatever was
//! written of a file, the frames before the last flush can be read. One stream for all frames, because the seconds of
//! a run resemble each other.
//!
//! # Version 2
//!
//! The first frame is the description. Then come the metrics and tag sets, and then blocks of some minutes each, in
//! which the seconds are put together by column (`pack::block`), and the end. Each payload is compressed for itself. It
//! holds exactly the seconds that version 1 would: nothing is rounded.
//!
//! # Later versions
//!
//! A change that old readers would misread gets a new version. New fields of the description do not: it is JSON with
//! defaults for this reason.

use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::meta::RunMeta;
use crate::metric::{MetricKind, Unit};
use crate::schema::{Definition, Schema};
use crate::watched::Watched;

/// The newest version of the file format that is read, and the one finished runs are kept in.
pub const RUN_FILE_VERSION: u16 = PACKED;

/// The version that is written while a run goes on.
pub(super) const STREAMED: u16 = 1;
/// The version of a run that was put together afterwards.
pub(super) const PACKED: u16 = 2;

pub(super) const MAGIC: &[u8; 8] = b"LOADLINE";

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Description,
    Second,
    End,
    Names,
    Block,
}

/// Frames are smaller: a second with 25,000 tag sets and 10 metrics each takes a quarter of this.
pub(super) const LONGEST_PAYLOAD: u32 = 64 << 20;

/// Bytes of a frame's kind and length.
pub(super) const PREFIX: usize = 5;

/// No run goes on for longer than a year.
pub(super) const LAST_SECOND: u64 = 366 * 86_400;

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
            Self::Names => 3,
            Self::Block => 4,
        }
    }

    pub(super) fn of(code: u8) -> Option<Self> {
        [Self::Description, Self::Second, Self::End, Self::Names, Self::Block]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// Writes one frame.
pub(super) fn write_frame(writer: &mut impl Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).ok().filter(|length| *length <= LONGEST_PAYLOAD);
    let length = length.ok_or_else(|| io::Error::other("a part of the run is too large for the file"))?;
    let mut checksum = crc32fast::Hasher::new();
    for part in [&[kind.code()][..], &length.to_le_bytes(), payload] {
        checksum.update(part);
        writer.write_all(part)?;
    }
    writer.write_all(&checksum.finalize().to_le_bytes())
}

/// What a description has beside that of the run. Files of before tell nothing of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Beside {
    pub(super) watched: Watched,
}

#[derive(Serialize)]
struct Description<'a> {
    #[serde(flatten)]
    meta: &'a RunMeta,
    #[serde(flatten)]
    beside: Beside,
}

/// The description's text.
pub(super) fn describe(meta: &RunMeta, schema: &Schema) -> io::Result<String> {
    let beside = Beside { watched: Watched::clone(&schema.watched()) };
    serde_json::to_string(&Description { meta, beside }).map_err(io::Error::other)
}

impl End {
    pub(super) fn new(news: News, meta: &RunMeta, schema: &Schema, duration: Duration) -> io::Result<Self> {
        let duration_ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Ok(Self { news, duration_ns, description: describe(meta, schema)? })
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
