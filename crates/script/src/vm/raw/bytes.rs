//! The bytes of a buffer that the engine owns, copied at once.

use rquickjs::ArrayBuffer;

/// A copy of what lies in the buffer from `offset` on; `None` when it is detached or shorter than that.
pub fn copy_bytes(buffer: &ArrayBuffer<'_>, offset: usize, length: usize) -> Option<Vec<u8>> {
    // SAFETY: the slice lives until it is copied, and no JavaScript runs meanwhile.
    let bytes = unsafe { buffer.as_bytes() }?;
    bytes.get(offset..offset.checked_add(length)?).map(<[u8]>::to_vec)
}
