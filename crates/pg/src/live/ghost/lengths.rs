//! The lengths of files, from which the planner takes the size of everything, and the first pages of some indexes.
//!
//! Done while the server is stopped, because it keeps pages in memory. What is written is holes: no byte of disk is
//! taken but for a few pages.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tokio_postgres::SimpleQueryMessage;

use super::cluster::Cluster;
use super::ends::Entries;
use crate::ghost::{PAGE_BYTES, range_map, tree, visibility};
use crate::live::connect::{Session, explain};
use crate::portrait::{Loss, Portrait, Relation};

/// A relation's file is one of a row of files, each full but the last.
const SEGMENT: u64 = 1 << 30;
/// The most bytes of a relation: 2^32 pages.
const LARGEST: u64 = (PAGE_BYTES as u64) << 32;

/// Where each relation's file is, and its number, by schema and name.
pub(super) type Files = HashMap<(String, String), (PathBuf, u32)>;

pub(super) async fn files(session: &Session) -> Result<Files, String> {
    let query = "SELECT n.nspname, c.relname, pg_relation_filepath(c.oid), c.oid FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'i', 'm')";
    let messages = session.simple_query(query).await.map_err(|error| explain(&error))?;
    let files = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((
            (row.get(0)?.to_owned(), row.get(1)?.to_owned()),
            (PathBuf::from(row.get(2)?), row.get(3)?.parse().ok()?),
        )),
        _ => None,
    });
    Ok(files.collect())
}

/// Gives every file its length.
pub(super) fn lengthen(
    cluster: &Cluster,
    portrait: &Portrait,
    files: &Files,
    entries: &Entries,
    lost: &mut Vec<Loss>,
) -> Result<(), io::Error> {
    for relation in &portrait.relations {
        let Some((path, number)) = files.get(&(relation.schema.clone(), relation.name.clone())) else {
            continue;
        };
        let path = cluster.data().join(path);
        if let Err(error) = head(&path, relation, portrait, entries.of.get(number)) {
            lost.push(Loss {
                what: format!("the first pages of {}.{}", relation.schema, relation.name),
                why: error.to_string(),
            });
        }
        extend(cluster, &path, relation.bytes.min(LARGEST))?;
        if entries.tables.contains(number) {
            let mut map = path.into_os_string();
            map.push("_vm");
            std::fs::write(&map, visibility())?;
            cluster.give(Path::new(&map))?;
        }
    }
    Ok(())
}

/// Writes what the planner asks an index itself.
fn head(
    path: &Path,
    relation: &Relation,
    portrait: &Portrait,
    entries: Option<&Vec<Vec<u8>>>,
) -> io::Result<()> {
    let Some(index) = &relation.index else { return Ok(()) };
    let table_bytes = relation
        .table
        .and_then(|table| portrait.relations.get(table as usize))
        .map_or(0, |table| table.bytes);
    let wanted = match index.method.as_str() {
        "btree" => index.height > 0 || entries.is_some(),
        "brin" => true,
        _ => false,
    };
    if !wanted {
        return Ok(());
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut first = vec![0; PAGE_BYTES];
    file.read_exact(&mut first)?;
    let pages = if index.method == "btree" {
        tree(&first, index.height, entries.map_or(&[], Vec::as_slice))
    } else {
        range_map(&first, table_bytes / PAGE_BYTES as u64)
    };
    file.write_all_at(&pages.map_err(io::Error::other)?, 0)?;
    file.flush()
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
