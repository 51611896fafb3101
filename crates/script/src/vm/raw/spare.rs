//! Room that stays: what a call needs for a moment is not taken from the system each time.
//!
//! QuickJS carves small blocks out of arenas of 4 KiB, one size to an arena, gives an arena back when its last block
//! goes, and writes into all of a new one. When all arenas of a size happen to be full, each call that needs one more
//! block of it pays for an arena made and an arena gone: 64 cache lines for 64 bytes. With thousands of users that is
//! five per cent of the time, or nothing, as the numbers of objects fall out. So a realm of many users holds one block
//! of each size, in an arena that has room beside it.

use std::cell::RefCell;

use rquickjs::qjs;

/// The sizes of blocks that come from arenas, as QuickJS has them, less what it puts before each.
fn sizes() -> impl Iterator<Item = usize> {
    const HEADER: usize = 8;
    let blocks = (16..=128).step_by(8).chain((144..=256).step_by(16)).chain((288..=512).step_by(32));
    blocks.map(|block: usize| block - HEADER)
}

/// Blocks of a size that a call can hold at once without a new arena.
const ROOM: usize = 8;

/// One block of each size.
#[derive(Default)]
pub(super) struct Spare {
    blocks: RefCell<Vec<*mut std::ffi::c_void>>,
}

impl Spare {
    /// Moves to where there is room, which is made if there is none.
    ///
    /// # Safety
    /// The runtime is alive, and always the same.
    pub(super) unsafe fn renew(&self, runtime: *mut qjs::JSRuntime) {
        // Each block is taken before the last is given back, so the one that is kept has room in its arena or before
        // it.
        let kept = sizes().map(|size| {
            // SAFETY: the runtime is alive. Null, when there is no memory, is for `js_free_rt` as good as a block.
            unsafe {
                let mut taken = [std::ptr::null_mut(); ROOM];
                taken.fill_with(|| qjs::js_malloc_rt(runtime, size as _));
                for block in &taken[..ROOM - 1] {
                    qjs::js_free_rt(runtime, *block);
                }
                taken[ROOM - 1]
            }
        });
        let before = self.blocks.replace(kept.collect());
        Self::free(runtime, before);
    }

    /// Gives all of it back.
    ///
    /// # Safety
    /// The runtime is alive, and the one that was given to [`Spare::renew`].
    pub(super) unsafe fn release(&self, runtime: *mut qjs::JSRuntime) {
        Self::free(runtime, self.blocks.take());
    }

    fn free(runtime: *mut qjs::JSRuntime, blocks: Vec<*mut std::ffi::c_void>) {
        for block in blocks {
            // SAFETY: as the callers promise; each block came from this runtime and is given back once.
            unsafe { qjs::js_free_rt(runtime, block) };
        }
    }
}
