//! Writes records into files, within so many bytes, and keeps the promise that no purge is lost.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

use super::counts::{Tallies, one_more};
use super::files::Folder;
use super::frame::{framed, start};
use crate::cache::Record;

/// So many files there are when there is no more room: the oldest is this part of all.
const FILES: u64 = 8;

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Message {
    Write(Record),
    /// Says so when all before it is on the disk.
    Settle(Sender<()>),
}

#[derive(Debug)]
pub(super) struct Writer {
    folder: Folder,
    /// Their numbers and bytes, the oldest first; the last may be the current one.
    files: VecDeque<(u64, u64)>,
    next: u64,
    current: Option<File>,
    most_bytes: u64,
    tallies: Arc<Tallies>,
}

impl Writer {
    pub(super) fn new(
        folder: Folder,
        files: VecDeque<(u64, u64)>,
        next: u64,
        most_bytes: u64,
        tallies: Arc<Tallies>,
    ) -> Self {
        let writer = Self { folder, files, next, current: None, most_bytes, tallies };
        writer.tallies.bytes.store(writer.bytes(), Ordering::Relaxed);
        writer
    }

    /// Takes some messages, in their order.
    pub(super) fn take(&mut self, messages: impl Iterator<Item = Message>) {
        let mut settled = Vec::new();
        let mut has_purge = false;
        for message in messages {
            if self.tallies.purge_was_lost.swap(false, Ordering::AcqRel) {
                self.wipe();
            }
            match message {
                Message::Settle(done) => settled.push(done),
                Message::Write(_) if self.tallies.is_broken.load(Ordering::Relaxed) => {}
                Message::Write(record) => {
                    has_purge |= !record.may_be_lost;
                    self.write(&record);
                }
            }
        }
        if self.tallies.purge_was_lost.swap(false, Ordering::AcqRel) {
            self.wipe();
        }
        // A purge holds after the machine has lost its power as well; an answer need not.
        let is_written =
            self.current.as_ref().filter(|_| has_purge).is_none_or(|file| file.sync_data().is_ok());
        if !is_written {
            self.wipe();
        }
        self.tallies.bytes.store(self.bytes(), Ordering::Relaxed);
        for done in settled {
            // Whoever waited may have gone.
            let _ = done.send(());
        }
    }

    fn write(&mut self, record: &Record) {
        let frame = framed(&record.head, &record.body)
            .filter(|frame| frame.len() as u64 + start().len() as u64 <= self.most_bytes / 2);
        let is_written = frame.is_some_and(|frame| self.put(&frame).is_ok());
        if is_written {
            one_more(&self.tallies.written);
        } else if record.may_be_lost {
            one_more(&self.tallies.failed);
        } else {
            self.wipe();
        }
    }

    /// Writes a frame at the end of the current file, or of a new one.
    fn put(&mut self, frame: &[u8]) -> io::Result<()> {
        let most_of_one = self.most_bytes / FILES;
        let is_full = self.files.back().is_some_and(|(_, bytes)| bytes + frame.len() as u64 > most_of_one);
        if is_full {
            self.current = None;
        }
        let room = frame.len() as u64 + if self.current.is_none() { start().len() as u64 } else { 0 };
        while self.bytes() + room > self.most_bytes {
            self.drop_oldest()?;
        }
        if self.current.is_none() {
            self.begin()?;
        }
        let (Some(file), Some((_, bytes))) = (&mut self.current, self.files.back_mut()) else {
            return Err(io::Error::other("there is no file"));
        };
        let written = file.write_all(frame);
        if written.is_err() {
            // What stands there of it would be damage to whoever reads it.
            let is_undone = file.set_len(*bytes).and_then(|()| file.seek(SeekFrom::Start(*bytes)));
            if is_undone.is_err() {
                self.wipe();
            }
            return written;
        }
        *bytes += frame.len() as u64;
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        let number = self.next;
        let path = self.folder.file(number);
        let mut file = File::options().write(true).create_new(true).open(&path)?;
        // Its number is taken, whatever comes: one that is missing between others is damage.
        if let Err(error) = file.write_all(&start()) {
            fs::remove_file(&path)?;
            return Err(error);
        }
        self.next += 1;
        self.files.push_back((number, start().len() as u64));
        self.current = Some(file);
        Ok(())
    }

    fn drop_oldest(&mut self) -> io::Result<()> {
        let (number, _) = self.files.front().copied().ok_or_else(|| io::Error::other("there is no room"))?;
        if self.files.len() == 1 {
            self.current = None;
        }
        fs::remove_file(self.folder.file(number))?;
        self.files.pop_front();
        one_more(&self.tallies.files_dropped);
        Ok(())
    }

    /// Lets go of all that is written: a purge of any of it is not.
    fn wipe(&mut self) {
        one_more(&self.tallies.wiped);
        self.current = None;
        // The oldest first: what is left when this is cut short is without a gap.
        while let Some((number, _)) = self.files.front().copied() {
            if fs::remove_file(self.folder.file(number)).is_err() {
                self.tallies.is_broken.store(true, Ordering::Relaxed);
                return;
            }
            self.files.pop_front();
        }
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }
}
