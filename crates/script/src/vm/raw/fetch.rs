//! Asking the processor for memory ahead of its use.

const LINE_BYTES: usize = 64;

/// Asks for `bytes` bytes from `start`. Read line by line, each is waited for; asked for together, they come at once.
pub(in crate::vm) fn fetch(start: usize, bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for line in (start..start.saturating_add(bytes)).step_by(LINE_BYTES) {
            // SAFETY: a prefetch is a hint; it reads nothing and faults nowhere.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(line)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (start, bytes, LINE_BYTES);
}
