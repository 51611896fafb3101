//! A second of a run that is over: encoded and compressed.
//!
//! A run keeps every second of every series, so this is where its memory goes. Fast compression takes off a third at
//! a fraction of a millisecond for each second.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};

use crate::frame;
use crate::frame_part::entries_of;
use crate::schema::Definition;
use crate::window::{Series, Window};

const FASTEST: i32 = 1;

thread_local! {
    /// Their tables are larger than what a second has, so that making them anew takes longer than using them.
    static SEALING: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static OPENING: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

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
        let bytes = compressed(&encoded).expect("memory is all that compressing needs");
        Self { length: encoded.len(), bytes: bytes.into_boxed_slice() }
    }

    /// The window again, for the definitions of the schema it was recorded with.
    pub(crate) fn open(&self, definitions: &[Definition]) -> Window {
        self.decompressed()
            .map_err(|_| "a second does not decompress")
            .and_then(|encoded| frame::decode(&encoded, definitions, &frame::Same, u64::MAX))
            .expect("the run sealed it itself")
    }

    /// The window with those series alone that are wanted; they ascend.
    pub(crate) fn open_part(&self, definitions: &[Definition], wanted: &[Series]) -> Window {
        self.decompressed()
            .map_err(|_| "a second does not decompress")
            .and_then(|encoded| entries_of(&encoded, wanted))
            .and_then(|entries| frame::window_of(entries, definitions, &frame::Same))
            .expect("the run sealed it itself")
    }

    fn decompressed(&self) -> io::Result<Vec<u8>> {
        OPENING.with_borrow_mut(|opening| {
            let decompressor = match opening {
                Some(decompressor) => decompressor,
                None => opening.insert(Decompressor::new()?),
            };
            decompressor.decompress(&self.bytes, self.length)
        })
    }

    /// Bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}

fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    SEALING.with_borrow_mut(|sealing| {
        let compressor = match sealing {
            Some(compressor) => compressor,
            None => sealing.insert(Compressor::new(FASTEST)?),
        };
        compressor.compress(bytes)
    })
}
