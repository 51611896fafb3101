//! Seconds put together by column, as a finished run is kept. The argument for the shape is in `block`.

mod block;
mod columns;
mod number;
mod record;
mod stream;

pub(crate) use block::{Block, Kept, MOST_SECONDS, pack, unpack};
pub(crate) use columns::{deflate, inflate};
