//! The heaps of workers with many users, on huge pages.
//!
//! The objects of thousands of users lie on tens of thousands of pages, more than the processor's TLB holds, and each
//! page costs a walk through the page tables at its first touch in a turn. glibc gives each thread heaps of its own:
//! 64 MiB of address space, aligned to their size, of which it makes more usable as it is asked for. The system puts a
//! huge page only where all of it is usable at the first touch. So heaps are to be usable as a whole, and the system is
//! advised of each.
//!
//! Where the C library or the system does it differently, nothing happens.

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
pub(super) use self::glibc::{Heap, prepare};

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
pub(super) use self::other::{Heap, prepare};

/// With fewer users on a worker their objects fit the TLB, and whole pages would be a waste.
const MANY_USERS: usize = 512;

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
#[expect(unsafe_code, reason = "mallopt and madvise; neither changes what memory holds")]
mod glibc {
    use std::cell::Cell;
    use std::ptr::without_provenance_mut;
    use std::sync::Once;

    use rustix::mm::{Advice, madvise};

    use super::MANY_USERS;

    /// glibc's `HEAP_MAX_SIZE`, in bytes.
    const HEAP_BYTES: usize = 64 << 20;
    /// Larger allocations are mapped and unmapped each. It has to be set, because glibc no longer adjusts it from
    /// 128 KiB when one of these numbers is; 4 MiB is more than a usual response.
    const MAPPED_BYTES: i32 = 4 << 20;

    /// Prepares the process before the thread of a worker with so many users starts.
    pub(in super::super) fn prepare(users: usize) {
        static ONCE: Once = Once::new();
        if users >= MANY_USERS {
            // SAFETY: these are numbers that glibc reads when it next makes or grows a heap; a lock of its own guards
            // them.
            ONCE.call_once(|| unsafe {
                libc::mallopt(libc::M_TOP_PAD, HEAP_BYTES as i32);
                libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES);
            });
        }
    }

    /// What is known of this thread's heap.
    pub(in super::super) struct Heap {
        has_many_users: bool,
        /// The start of the heap that the system was last advised of.
        advised: Cell<usize>,
    }

    impl Heap {
        pub(in super::super) fn new(users: usize) -> Heap {
            Heap { has_many_users: users >= MANY_USERS, advised: Cell::new(0) }
        }

        /// Advises the system of the heap that `user`, a user made just now, lies in, if it is another than the last
        /// one's.
        pub(in super::super) fn advise<T>(&self, user: &T) {
            if !self.has_many_users {
                return;
            }
            let start = (&raw const *user).addr() / HEAP_BYTES * HEAP_BYTES;
            if self.advised.replace(start) != start {
                // SAFETY: the advice is about how memory is backed, not what it holds: it is sound for any range,
                // mapped or not. A system without huge pages refuses, and nothing is different.
                let _ = unsafe { madvise(without_provenance_mut(start), HEAP_BYTES, Advice::LinuxHugepage) };
            }
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
mod other {
    pub(in super::super) fn prepare(_users: usize) {}

    pub(in super::super) struct Heap;

    impl Heap {
        pub(in super::super) fn new(_users: usize) -> Heap {
            Heap
        }

        pub(in super::super) fn advise<T>(&self, _user: &T) {}
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod tests {
    use super::*;

    /// The system's words on the mapping that `address` lies in: `hg` stands for advised huge pages.
    fn flags(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let bounds = line.split(' ').next().and_then(|range| range.split_once('-'));
            if let Some((start, end)) = bounds
                && let (Ok(start), Ok(end)) =
                    (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16))
            {
                inside = (start..end).contains(&address);
            } else if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return flags.to_owned();
            }
        }
        panic!("nothing is mapped at {address:#x}");
    }

    #[test]
    fn the_heap_of_a_worker_with_many_users_is_advised() {
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
            return;
        }
        let advised = |users: usize| {
            prepare(users);
            let worker = std::thread::spawn(move || {
                let heap = Heap::new(users);
                let objects: Vec<Box<[u8; 4096]>> =
                    (0..1024).map(|_| Box::new([1; 4096])).inspect(|object| heap.advise(&**object)).collect();
                objects.iter().filter(|object| flags((&raw const ***object).addr()).contains(" hg")).count()
            });
            worker.join().unwrap()
        };
        // Both at once would be the same heap, which stays advised.
        assert_eq!(advised(MANY_USERS - 1), 0);
        assert_eq!(advised(MANY_USERS), 1024);
    }
}
