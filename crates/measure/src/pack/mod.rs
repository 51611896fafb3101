//! Seconds put together by column, as a finished run is kept. The argument for the shape is in `block`.

mod accounts;
mod block;
mod columns;
mod number;
mod record;
mod stream;

pub(crate) use accounts::{pack_accounts, unpack_accounts};
pub(crate) use block::{Block, Kept, MOST_SECONDS, pack, unpack};
pub(crate) use columns::{deflate, inflate};
