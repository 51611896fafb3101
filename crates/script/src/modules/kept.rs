//! What scripts read or make once for the whole process: the files of `open`, the elements of shared arrays.
//!
//! The first run of the init code, which finds out the script's options, fills it; all users of the run find it full.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

/// Elements of a shared array as JSON texts.
pub(super) type Items = Arc<[Box<str>]>;

/// The data of one script, shared by all its users on all threads.
#[derive(Default)]
pub struct Kept {
    arrays: Mutex<FxHashMap<String, Items>>,
    files: Mutex<FxHashMap<PathBuf, Arc<[u8]>>>,
}

impl Kept {
    /// The shared array `name`, if one was made.
    pub(super) fn array(&self, name: &str) -> Option<Items> {
        self.arrays.lock().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone)
    }

    /// Keeps a shared array. One that came first under this name stays.
    pub(super) fn put_array(&self, name: String, items: Vec<String>) {
        let mut arrays = self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
        arrays.entry(name).or_insert_with(|| items.into_iter().map(String::into_boxed_str).collect());
    }

    /// The bytes of a file, read when it is first asked for.
    pub(super) fn file(&self, path: &PathBuf) -> std::io::Result<Arc<[u8]>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = files.get(path) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = std::fs::read(path)?.into();
        files.insert(path.clone(), Arc::clone(&bytes));
        Ok(bytes)
    }
}
