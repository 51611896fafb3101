//! Large bytes that the system can send by itself.
//!
//! What a socket is given is copied into the kernel, and for a large answer that is most of what sending it costs.
//! Bytes in a file of the system's memory (`memfd_create(2)`) need no copy: `sendfile(2)` hands the pages themselves to
//! the network. Such pages are still on their way when the call has returned, so whatever is in them has to stay. It
//! does: the file is sealed against every change once it is written, has these bytes alone, and is never used again.
//! When nobody needs it any more, its pages go as soon as the last of them has been sent.
//!
//! A program has them as ordinary [`Bytes`], by a mapping that is only read, and need not know about any of this:
//! whoever writes looks up whether a piece of memory is sealed (`direct.rs`). Each takes a descriptor and a mapping,
//! so there are no more of them than a quarter of the descriptors that the process may have, and a quarter of the
//! mappings that Linux gives one by default. Beyond, and wherever the system has no such files, bytes stay as they are
//! and are copied.

use bytes::Bytes;

/// Fewer bytes are copied sooner than they are looked up and handed over.
pub(crate) const FEWEST_BYTES: usize = 32 << 10;

/// What the system needs for each, beside the bytes: a file, a mapping, and the rest of the last page.
const AROUND_BYTES: usize = 4 << 10;

/// The same bytes in memory that the system can send by itself, and how many bytes that takes beside them; none where
/// they are few, and where the system does not provide.
pub fn sealed(bytes: &Bytes) -> Option<(Bytes, usize)> {
    if bytes.len() < FEWEST_BYTES {
        return None;
    }
    let sealed = if memory::view(bytes).is_some() { bytes.clone() } else { memory::seal(bytes)? };
    Some((sealed, AROUND_BYTES))
}

/// How many there are.
pub fn sealed_count() -> usize {
    memory::count()
}

#[cfg(target_os = "linux")]
pub(crate) use memory::{View, view};

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a mapping of a file that nobody can change")]
mod memory {
    use std::collections::BTreeMap;
    use std::ffi::c_void;
    use std::os::fd::OwnedFd;
    use std::ptr::{NonNull, null_mut, slice_from_raw_parts};
    use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

    use bytes::Bytes;
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    use rustix::io::Errno;
    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
    use rustix::process::{Resource, getrlimit};

    use super::FEWEST_BYTES;

    /// A quarter of `vm.max_map_count` as Linux sets it.
    const MOST: u64 = 16 << 10;

    /// A part of a sealed file.
    #[derive(Debug)]
    pub(crate) struct View {
        pub(crate) file: Arc<OwnedFd>,
        /// Where in the file it begins.
        pub(crate) offset: u64,
    }

    /// What there is, by the address at which it begins.
    static ALL: RwLock<BTreeMap<usize, Sealed>> = RwLock::new(BTreeMap::new());

    #[derive(Debug)]
    struct Sealed {
        length: usize,
        file: Arc<OwnedFd>,
    }

    /// All of a sealed file, for reading. Whoever has it has it alone.
    #[derive(Debug)]
    struct Mapping {
        start: NonNull<u8>,
        length: usize,
    }

    // SAFETY: nobody writes what it points to, and it is unmapped by whoever owns it last.
    unsafe impl Send for Mapping {}

    impl AsRef<[u8]> for Mapping {
        fn as_ref(&self) -> &[u8] {
            // SAFETY: so many bytes are mapped there until this is dropped. The file cannot be changed any more, nor
            // shortened: it has seals against both.
            unsafe { &*slice_from_raw_parts(self.start.as_ptr(), self.length) }
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // First nobody finds it any more, then its addresses can be used for something else.
            written().remove(&self.start.as_ptr().addr());
            // SAFETY: this was mapped, with this length, and nothing that was borrowed of it is left. That it cannot be
            // unmapped has no cause here; it would stay.
            let _ = unsafe { munmap(self.start.as_ptr().cast::<c_void>(), self.length) };
        }
    }

    /// None when the system does not provide, or when there are as many as there may be.
    pub(super) fn seal(bytes: &[u8]) -> Option<Bytes> {
        if count() as u64 >= most() {
            return None;
        }
        let file = file().ok()?;
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(&file, rest) {
                Ok(0) => return None,
                Ok(count) => rest = &rest[count..],
                Err(Errno::INTR) => {}
                Err(_) => return None,
            }
        }
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        fcntl_add_seals(&file, seals).ok()?;
        // Private, because older systems take any shared mapping for one that could be written.
        // SAFETY: the system chooses where, so that nothing is there.
        let start = unsafe { mmap(null_mut(), bytes.len(), ProtFlags::READ, MapFlags::PRIVATE, &file, 0) };
        let mapping = Mapping { start: NonNull::new(start.ok()?.cast())?, length: bytes.len() };
        let sealed = Sealed { length: bytes.len(), file: Arc::new(file) };
        written().insert(mapping.start.as_ptr().addr(), sealed);
        Some(Bytes::from_owner(mapping))
    }

    fn file() -> Result<OwnedFd, Errno> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Some systems insist that such a file is never to be executed, and older ones do not know how to say so.
        match memfd_create("loadline", flags | MemfdFlags::NOEXEC_SEAL) {
            Err(Errno::INVAL) => memfd_create("loadline", flags),
            made => made,
        }
    }

    /// Where memory is sealed; none when it is not.
    pub(crate) fn view(bytes: &[u8]) -> Option<View> {
        if bytes.len() < FEWEST_BYTES {
            return None;
        }
        let first = bytes.as_ptr().addr();
        let all = read();
        let (start, sealed) = all.range(..=first).next_back()?;
        let offset = first - start;
        // Memory that is borrowed now cannot be unmapped now, so what is found by its addresses is what it is.
        (offset + bytes.len() <= sealed.length)
            .then(|| View { file: Arc::clone(&sealed.file), offset: offset as u64 })
    }

    pub(super) fn count() -> usize {
        read().len()
    }

    fn most() -> u64 {
        getrlimit(Resource::Nofile).current.map_or(MOST, |limit| (limit / 4).min(MOST))
    }

    fn read() -> RwLockReadGuard<'static, BTreeMap<usize, Sealed>> {
        ALL.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn written() -> RwLockWriteGuard<'static, BTreeMap<usize, Sealed>> {
        ALL.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(not(target_os = "linux"))]
mod memory {
    use bytes::Bytes;

    pub(super) fn seal(_: &[u8]) -> Option<Bytes> {
        None
    }

    pub(super) fn view(_: &[u8]) -> Option<()> {
        None
    }

    pub(super) fn count() -> usize {
        0
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn content(length: usize) -> Bytes {
        (0..length).map(|place| (place % 251) as u8).collect()
    }

    #[test]
    fn the_same_bytes_are_found_by_their_place() {
        let plain = content(100_000);
        assert!(memory::view(&plain).is_none());
        let (sealed_bytes, around) = sealed(&plain).expect("this system has such memory");
        assert_eq!((&sealed_bytes, around), (&plain, AROUND_BYTES));
        let part = sealed_bytes.slice(1_000..90_000);
        assert_eq!(memory::view(&part).map(|view| view.offset), Some(1_000));
        // What is sealed already stays where it is.
        let again = sealed(&sealed_bytes).unwrap().0;
        assert_eq!(again.as_ptr(), sealed_bytes.as_ptr());
        // It is there until nobody has any of it.
        drop((sealed_bytes, again));
        assert_eq!(memory::view(&part).map(|view| view.offset), Some(1_000));
        assert_eq!(&part[..], &plain[1_000..90_000]);
    }

    #[test]
    fn few_bytes_stay_where_they_are() {
        assert!(sealed(&content(FEWEST_BYTES - 1)).is_none());
        let (sealed, _) = sealed(&content(FEWEST_BYTES)).unwrap();
        assert!(memory::view(&sealed).is_some() && memory::view(&sealed[1..]).is_none());
    }

    #[test]
    fn nobody_can_change_it() {
        let (sealed, _) = sealed(&content(50_000)).unwrap();
        let view = memory::view(&sealed).unwrap();
        assert!(rustix::io::pwrite(&*view.file, b"x", 0).is_err());
        assert!(rustix::fs::ftruncate(&*view.file, 0).is_err());
    }
}
