//! Identifiers of traces and spans: unlikely to meet twice, not secret.

use std::{
    cell::Cell,
    hash::{BuildHasher, Hasher, RandomState},
};

/// 64 random bits that are not all 0, which no identifier may be.
pub(crate) fn random() -> u64 {
    thread_local! {
        // The system seeds a `RandomState`.
        static STATE: Cell<u64> = Cell::new(RandomState::new().build_hasher().finish());
    }
    loop {
        // SplitMix64 (Steele, Lea and Flood 2014): the identifiers of one thread never repeat within 2⁶⁴.
        let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        STATE.set(state);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if mixed != 0 {
            return mixed;
        }
    }
}
