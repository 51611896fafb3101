//! A second of a run that is over: encoded and compressed.
//!
//! A run keeps every second of every series, so this is where its memory goes. Fast compression takes off a third at
//! a fraction of a millisecond for each second.

use crate::frame;
use crate::frame_part::entries_of;
use crate::schema::Definition;
use crate::window::{Series, Window};

const FASTEST: i32 = 1;

#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    /// Bytes when decompressed.
    length: usize,
    bytes: Box<[u8]>,
}

impl Sealed {
    /// Seals a window. `total` tells how many values a series has had up to its end.
    pub(crate) fn new(window: &Window, total: impl FnMut(Series) -> u64) -> Self {
        let encoded = frame::encode(window, total);
        let bytes = zstd::bulk::compress(&encoded, FASTEST).expect("memory is all that compressing needs");
        Self { length: encoded.len(), bytes: bytes.into_boxed_slice() }
    }

    /// The window again, for the definitions of the schema it was recorded with.
    pub(crate) fn open(&self, definitions: &[Definition]) -> Window {
        zstd::bulk::decompress(&self.bytes, self.length)
            .map_err(|_| "a second does not decompress")
            .and_then(|encoded| frame::decode(&encoded, definitions, frame::same))
            .expect("the run sealed it itself")
    }

    /// The window with those series alone that are wanted; they ascend.
    pub(crate) fn open_part(&self, definitions: &[Definition], wanted: &[Series]) -> Window {
        zstd::bulk::decompress(&self.bytes, self.length)
            .map_err(|_| "a second does not decompress")
            .and_then(|encoded| entries_of(&encoded, wanted))
            .and_then(|entries| frame::window_of(entries, definitions, frame::same))
            .expect("the run sealed it itself")
    }

    /// Bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}
