//! A body's encodings undone beside everything else a worker does: a few pieces, then others have their turn.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::chain::{Chain, Undecodable};
use crate::bodies::{Bodies, Gathered, Refused};
use crate::failure::{Failure, code};

/// The largest piece of output that is made at once.
const ROOM: usize = 64 << 10;
/// What is decoded before others have their turn, in steps: half a megabyte at most, less than a millisecond.
const STEPS: usize = 8;

thread_local! {
    static OUT: RefCell<Box<[u8]>> = RefCell::new(vec![0; ROOM].into());
}

/// Why a body was not decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undecoded {
    /// It is not what its encodings say.
    Broken(Failure),
    /// It is larger than what may be kept.
    Refused(Refused),
    /// The request's time is over.
    Deadline,
}

/// Undoes the encodings that `header` (a `Content-Encoding` value) lists, last first; unknown ones are left as they
/// are.
///
/// A body of the usual size is decoded at once; a large one lets others have their turn, and is given up at `deadline`.
pub(crate) async fn decompress(
    header: &str,
    body: Bytes,
    bodies: &Arc<Bodies>,
    deadline: Instant,
) -> Result<Bytes, Undecoded> {
    let mut chain = Chain::new(header).map_err(failed)?;
    if body.is_empty() || chain.is_empty() {
        return Ok(body);
    }
    let mut decoded = Gathered::new(bodies);
    let mut at = 0;
    loop {
        for _ in 0..STEPS {
            let done = OUT.with_borrow_mut(|out| {
                let step = chain.step(&body[at..], true, out).map_err(failed)?;
                at += step.used;
                decoded.push(&out[..step.made], 0).map_err(Undecoded::Refused)?;
                Ok(step.done)
            })?;
            if done {
                return Ok(decoded.finish());
            }
        }
        if Instant::now() >= deadline {
            return Err(Undecoded::Deadline);
        }
        tokio::task::yield_now().await;
    }
}

fn failed(undecodable: Undecodable) -> Undecoded {
    let Undecodable { encoding, words } = undecodable;
    Undecoded::Broken(
        Failure::new(code::DECOMPRESSION, format!("error decompressing response body ({encoding})"))
            .with_detail(format!("error decompressing response body: `{encoding}`: {words}")),
    )
}
