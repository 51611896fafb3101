//! The lengths of files, from which the planner takes the size of everything, and the first pages of some indexes.
//!
//! All of it is done while the server runs. It asks the system for the length of a file whenever it plans, so a file is
//! simply made longer. First pages it may have in memory already, so an index gets a new file with a number of its own
//! that no server gives, and its row in `pg_class` is told the number: nothing of that file is in memory. What is
//! written is holes: no byte of disk is taken but for a few pages.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::cluster::Cluster;
use crate::ghost::{Counts, PAGE_BYTES, entry_counts, range_map, tree, visibility};

/// A relation's file is one of a row of files, each full but the last.
const SEGMENT: u64 = 1 << 30;
/// The most bytes of a relation: 2^32 pages.
const LARGEST: u64 = (PAGE_BYTES as u64) << 32;

/// What there is to see of a relation's files.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// The length.
    pub(super) bytes: u64,
    /// What an index says itself.
    pub(super) head: Head,
    /// Whether everybody sees all rows of a table's first page: its indexes say what it begins and ends with.
    pub(super) is_seen: bool,
}

/// What the planner asks an index itself.
#[derive(Clone, Debug, Default)]
pub(super) enum Head {
    /// Nothing.
    #[default]
    Nothing,
    /// A B-tree: levels above its leaves, and what it begins and ends with.
    Tree(u32, Vec<Vec<u8>>),
    /// BRIN: pages of a range, and of its table.
    Ranges(u32, u64),
    /// GIN: what it counts.
    Counts(Counts),
}

impl Shape {
    fn first_pages(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(match &self.head {
            Head::Nothing => None,
            Head::Tree(height, entries) => Some(
                tree(*height, entries)
                    .ok_or_else(|| io::Error::other(format!("no B-tree is {height} levels high")))?,
            ),
            Head::Ranges(per_range, pages) => Some(range_map(*per_range, *pages)),
            Head::Counts(counts) => {
                let pages = u32::try_from(self.bytes / PAGE_BYTES as u64).unwrap_or(u32::MAX);
                Some(entry_counts(counts, pages))
            }
        })
    }

    /// Gives a relation its shape: in the file that it has, or in a new one of this number where there are first pages.
    /// Says whether the number was taken.
    pub(super) fn write(&self, cluster: &Cluster, path: &Path, number: u32) -> io::Result<bool> {
        let first = self.first_pages()?;
        let place = if first.is_some() { path.with_file_name(number.to_string()) } else { path.to_owned() };
        if let Some(pages) = &first {
            let mut file = File::create_new(&place)?;
            file.write_all(pages)?;
            cluster.give(&place)?;
        }
        extend(cluster, &place, self.bytes.min(LARGEST))?;
        if self.is_seen {
            let mut map = place.into_os_string();
            map.push("_vm");
            std::fs::write(&map, visibility())?;
            cluster.give(Path::new(&map))?;
        }
        Ok(first.is_some())
    }
}

fn extend(cluster: &Cluster, path: &Path, bytes: u64) -> io::Result<()> {
    let bytes = bytes - bytes % PAGE_BYTES as u64;
    let last = bytes / SEGMENT;
    for segment in 0..=last {
        let length = if segment < last { SEGMENT } else { bytes % SEGMENT };
        let mut place = path.as_os_str().to_owned();
        if segment > 0 {
            place.push(format!(".{segment}"));
        }
        let place = PathBuf::from(place);
        let file = if segment == 0 {
            OpenOptions::new().write(true).open(&place)?
        } else {
            let file = File::create(&place)?;
            cluster.give(&place)?;
            file
        };
        // Never shorter: an empty index has its first pages.
        if length > file.metadata()?.len() {
            file.set_len(length)?;
        }
    }
    Ok(())
}
