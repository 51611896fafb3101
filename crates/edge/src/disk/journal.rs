//! A journal: what is there is read, what comes is handed to a thread that writes it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::counts::{DiskCounts, Tallies, one_more};
use super::files::{DiskError, Folder, LEAST};
use super::found::Found;
use super::frame::{MAGIC, Next, START, VERSION, next};
use super::writer::{Message, Writer};
use crate::cache::{Cache, Journal, Purge, Record, Restored};
use crate::moment::Moment;

/// So many records wait to be written.
const MOST_WAITING: usize = 1_024;

/// A journal of a cache in a folder.
///
/// It ends, with all that it was given written, when it and the cache that writes to it are dropped.
#[derive(Debug)]
pub struct Disk {
    sender: Option<SyncSender<Message>>,
    tallies: Arc<Tallies>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The numbers of files and their bytes, in order.
type Files = VecDeque<(u64, u64)>;

/// How a file was.
#[derive(Debug)]
enum State {
    Read,
    /// So many bytes at its end are of a record without an end.
    Torn(u64),
    Damaged,
    OtherVersion,
    Foreign,
}

impl Disk {
    /// Has a cache do again what the folder says, and writes what happens to it from now on, in no more than so many
    /// bytes.
    ///
    /// # Errors
    /// The folder cannot be used, or the bytes are too few.
    pub fn open(
        folder: &Path,
        most_bytes: u64,
        cache: &Cache,
        now: Moment,
    ) -> Result<(Arc<Self>, Found), DiskError> {
        if most_bytes < LEAST {
            return Err(DiskError::TooSmall(most_bytes));
        }
        let folder = Folder::open(folder)?;
        let (files, next, mut found) = replay(&folder, cache, now)
            .map_err(|source| DiskError::Folder { folder: folder.path.clone(), source })?;
        // What a purge took away is there until somebody comes upon it.
        cache.sweep();
        found.answers = cache.counts().answers;
        let tallies = Arc::<Tallies>::default();
        let (sender, receiver) = sync_channel(MOST_WAITING);
        let mut writer = Writer::new(folder, files, next, most_bytes, Arc::clone(&tallies));
        let thread = std::thread::Builder::new()
            .name("edge-store".to_owned())
            .spawn(move || work(&mut writer, &receiver))
            .map_err(|source| DiskError::Folder { folder: "a thread".into(), source })?;
        let disk = Arc::new(Self { sender: Some(sender), tallies, thread: Mutex::new(Some(thread)) });
        cache.write_to(Arc::clone(&disk) as Arc<dyn Journal>);
        Ok((disk, found))
    }

    /// What it has written, and what it could not.
    pub fn counts(&self) -> DiskCounts {
        self.tallies.counts()
    }

    /// Waits until all that it was given before is on the disk: after a purge, whoever asked for it can be told that it
    /// will hold after a crash as well.
    pub fn settle(&self) {
        let (done, is_done) = channel();
        let sent = self.sender.as_ref().map(|sender| sender.send(Message::Settle(done)));
        if let Some(Ok(())) = sent {
            // The thread has ended: there is nothing to wait for.
            let _ = is_done.recv();
        }
    }
}

impl Journal for Disk {
    fn write(&self, record: Record) {
        let may_be_lost = record.may_be_lost;
        let sent = self.sender.as_ref().map(|sender| sender.try_send(Message::Write(record)));
        if let Some(Err(TrySendError::Full(_))) = sent {
            if may_be_lost {
                one_more(&self.tallies.skipped);
            } else {
                self.tallies.purge_was_lost.store(true, std::sync::atomic::Ordering::Release);
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.sender.take());
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It has said what went wrong in its counts.
            let _ = thread.join();
        }
    }
}

fn work(writer: &mut Writer, receiver: &Receiver<Message>) {
    while let Ok(first) = receiver.recv() {
        // Together they need one word to the disk.
        let rest: Vec<Message> = receiver.try_iter().take(MOST_WAITING).collect();
        writer.take(std::iter::once(first).chain(rest));
    }
}

/// Does again what the folder says: its files with their bytes, the number of the next one, and what was found.
fn replay(folder: &Folder, cache: &Cache, now: Moment) -> io::Result<(Files, u64, Found)> {
    let (numbers, foreign) = folder.numbers()?;
    let mut found = Found { foreign, ..Found::default() };
    let mut files = Files::new();
    let mut next = 1;
    for (index, number) in numbers.iter().copied().enumerate() {
        if files.back().is_some_and(|(last, _)| last + 1 != number) {
            forget(folder, &mut files, cache, &mut found)?;
        }
        next = number.saturating_add(1);
        let path = folder.file(number);
        let length = std::fs::metadata(&path)?.len();
        let is_last = index + 1 == numbers.len();
        match read(File::open(&path)?, length, cache, now, &mut found) {
            Ok(State::Read) => files.push_back((number, length)),
            Ok(State::Torn(left)) if is_last => {
                found.torn_bytes = left;
                // The next one that reads it finds its end where it is now.
                let whole = length - left;
                if whole < START as u64 {
                    std::fs::remove_file(&path)?;
                    next = number;
                } else {
                    File::options().write(true).open(&path)?.set_len(whole)?;
                    files.push_back((number, whole));
                }
            }
            Ok(State::OtherVersion) => {
                found.other_versions += 1;
                std::fs::remove_file(&path)?;
            }
            Ok(State::Foreign) => found.foreign += 1,
            Ok(State::Torn(_) | State::Damaged) | Err(_) => {
                files.push_back((number, length));
                forget(folder, &mut files, cache, &mut found)?;
            }
        }
    }
    Ok((files, next, found))
}

/// Lets go of all that was read so far.
fn forget(folder: &Folder, files: &mut Files, cache: &Cache, found: &mut Found) -> io::Result<()> {
    found.damaged += 1;
    cache.purge(&Purge::All, None);
    cache.sweep();
    while let Some((number, _)) = files.front() {
        std::fs::remove_file(folder.file(*number))?;
        files.pop_front();
    }
    Ok(())
}

/// Does again what a file of so many bytes says.
fn read(file: impl Read, length: u64, cache: &Cache, now: Moment, found: &mut Found) -> io::Result<State> {
    let mut left = length;
    let mut file = BufReader::new(file);
    let mut start = vec![0; START.min(usize::try_from(left).unwrap_or(START))];
    file.read_exact(&mut start)?;
    if start.len() < START && MAGIC.starts_with(&start[..start.len().min(MAGIC.len())]) {
        return Ok(State::Torn(left));
    }
    if !start.starts_with(MAGIC) {
        return Ok(State::Foreign);
    }
    if start[MAGIC.len()..] != VERSION.to_le_bytes() {
        return Ok(State::OtherVersion);
    }
    left -= START as u64;
    loop {
        let before = left;
        match next(&mut file, &mut left)? {
            Next::Record(record) => match cache.restore(now, &record) {
                Restored::Answer => {}
                Restored::Not => found.not_kept += 1,
                Restored::Purge => found.purges += 1,
                Restored::Unreadable => return Ok(State::Damaged),
            },
            Next::End => return Ok(State::Read),
            Next::Torn => return Ok(State::Torn(before)),
            Next::Damaged => return Ok(State::Damaged),
        }
    }
}

/// Reads any bytes as a file.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_any(bytes: &[u8], cache: &Cache, now: Moment) {
    // Memory can be read, and what it says is the caller's to look at.
    let _ = read(bytes, bytes.len() as u64, cache, now, &mut Found::default());
}
