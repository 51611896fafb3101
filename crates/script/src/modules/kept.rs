//! What scripts read or make once for the whole process: the files of `open`, the elements of shared arrays.
//!
//! The first run of the init code, which finds out the script's options, fills it; all users of the run find it full.
//! It lies outside of the realms and their limits, so it has one of its own: all of it together.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::compile::read_regular;

/// Elements of a shared array as JSON texts.
pub(super) type Items = Arc<[Box<str>]>;

/// What an element of a shared array takes beside its text.
const ELEMENT: u64 = 32;

/// There is no room for a shared array.
#[derive(Debug, thiserror::Error)]
#[error("it takes {bytes} bytes{room}")]
pub(super) struct NoRoom {
    bytes: u64,
    /// What there is, and how there can be more.
    room: String,
}

/// The data of one script, shared by all its users on all threads.
pub struct Kept {
    limit: u64,
    data: Mutex<Data>,
}

#[derive(Default)]
struct Data {
    bytes: u64,
    arrays: FxHashMap<String, Items>,
    files: FxHashMap<PathBuf, Arc<[u8]>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self::limited(None)
    }
}

impl Kept {
    /// Room for so many bytes; `None` is without limit.
    pub fn limited(bytes: Option<u64>) -> Self {
        Self { limit: bytes.unwrap_or(u64::MAX), data: Mutex::default() }
    }

    /// The shared array `name`, if one was made.
    pub(super) fn array(&self, name: &str) -> Option<Items> {
        self.data().arrays.get(name).map(Arc::clone)
    }

    /// The most elements that a shared array could have now.
    pub(super) fn most_elements(&self) -> u64 {
        (self.limit - self.data().bytes) / ELEMENT
    }

    /// Keeps a shared array. One that came first under this name stays.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(super) fn put_array(&self, name: String, items: Vec<String>) -> Result<(), NoRoom> {
        let mut data = self.data();
        if data.arrays.contains_key(&name) {
            return Ok(());
        }
        let bytes: u64 = items.iter().map(|item| item.len() as u64 + ELEMENT).sum();
        if bytes > self.limit - data.bytes {
            return Err(NoRoom { bytes, room: self.room(&data) });
        }
        data.bytes += bytes;
        data.arrays.insert(name, items.into_iter().map(String::into_boxed_str).collect());
        Ok(())
    }

    /// The bytes of a file, read when it is first asked for.
    pub(super) fn file(&self, path: &PathBuf) -> std::io::Result<Arc<[u8]>> {
        let mut data = self.data();
        if let Some(bytes) = data.files.get(path) {
            return Ok(Arc::clone(bytes));
        }
        let bytes = read_regular(path, self.limit - data.bytes).map_err(|error| {
            if error.kind() != std::io::ErrorKind::FileTooLarge {
                return error;
            }
            let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            let size = if size == 0 { "it is too large".to_owned() } else { format!("it has {size} bytes") };
            std::io::Error::new(error.kind(), size + &self.room(&data))
        })?;
        let bytes: Arc<[u8]> = bytes.into();
        data.bytes += bytes.len() as u64;
        data.files.insert(path.clone(), Arc::clone(&bytes));
        Ok(bytes)
    }

    /// How much room there is, for messages.
    fn room(&self, data: &Data) -> String {
        let left = self.limit - data.bytes;
        format!(
            ", and the script's data may have {left} more of {} bytes: read less of it, or allow more with the variable `LOADLINE_DATA_LIMIT`, such as `4GiB`",
            self.limit
        )
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_never_exceeds_the_limit(
            limit in 0..4_000_u64,
            sizes in proptest::collection::vec((any::<bool>(), 0..600_usize), 0..20),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let kept = Kept::limited(Some(limit));
            let mut used = 0;
            for (number, (is_file, size)) in sizes.into_iter().enumerate() {
                let (takes, fits) = if is_file {
                    let path = folder.path().join(number.to_string());
                    std::fs::write(&path, vec![b'x'; size]).unwrap();
                    let first = kept.file(&path);
                    // What is there already costs nothing.
                    prop_assert_eq!(first.is_ok(), kept.file(&path).is_ok());
                    (size as u64, first.is_ok())
                } else {
                    let put = kept.put_array(number.to_string(), vec!["x".repeat(size)]);
                    (size as u64 + ELEMENT, put.is_ok())
                };
                prop_assert_eq!(fits, used + takes <= limit);
                used += if fits { takes } else { 0 };
                prop_assert_eq!(kept.most_elements(), (limit - used) / ELEMENT);
            }
        }
    }
}
