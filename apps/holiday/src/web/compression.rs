//! Answers compressed for those who ask for it; nobody else pays for more than a look at one header.

use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
};

/// A smaller answer fits into a packet as it is, with what it would save.
const SMALLEST_BYTES: u64 = 1_024;

/// `Vary` says so on every answer that may be compressed, whether or not this one is. Pictures that are compressed in themselves are left
/// alone, and so are batches whose answers are sent one by one: none of them should wait for a compressor.
pub(crate) fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(SMALLEST_BYTES)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/jsonl"));
    // Made while somebody waits for it: the quickest, which already saves most.
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}
