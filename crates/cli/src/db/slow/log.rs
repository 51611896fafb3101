//! Statements out of logs, read as they come: a log that somebody still writes to ends with an interrupt.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

use loadline_pg::log::{Call, LogReader, Told};
use loadline_pg::slow::{LogTally, Others};
use loadline_report::{SlowReport, SlowSource};
use loadline_runner::{Ending, Failure, Interrupts};
use tokio::sync::mpsc::{Sender, channel};

use super::arguments::SlowArguments;
use super::notes::{log_notes, own_note};
use crate::db::source::unreadable;

/// Bytes that are read at once, and pieces that wait to be understood.
const PIECE: usize = 256 << 10;
const PIECES: usize = 4;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A piece of a log, or why there is none.
type Piece = Result<Vec<u8>, Failure>;

/// Reads the logs to their end, or to the first interrupt.
pub(super) async fn from_logs(
    arguments: &SlowArguments,
    interrupts: &Interrupts,
) -> Result<SlowReport, Failure> {
    let (pieces, mut read) = channel::<Piece>(PIECES);
    let paths = arguments.log.clone();
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || send_all(&paths, &pieces))
        .map_err(|error| Failure::new(Ending::CouldNotRun, error))?;
    let (mut reader, mut tally) = (LogReader::new(), LogTally::new());
    let mut bytes = 0;
    loop {
        let piece = tokio::select! {
            piece = read.recv() => piece,
            () = interrupts.first() => None,
        };
        let Some(piece) = piece else { break };
        let piece = piece?;
        bytes += piece.len();
        reader.push(&piece, &mut |call: Call<'_>| tally.take(&call));
    }
    let told = reader.finish(&mut |call: Call<'_>| tally.take(&call));
    let name = names(&arguments.log);
    let Some(format) = reader.format() else { return Err(no_log(&name, bytes, &told)) };
    let own = tally.own();
    let listing = tally.listing();
    if listing.calls() == 0 {
        return Err(Failure::new(Ending::Failed, nothing(&name, &told, own)));
    }
    let mut notes = log_notes(&told, format, &listing);
    notes.extend(own_note(own));
    let span = told.first.zip(told.last);
    let source = SlowSource::Log { name, format: format.to_string(), span };
    Ok(SlowReport { source, listing, notes, most: arguments.top, full: arguments.full })
}

fn send_all(paths: &[PathBuf], pieces: &Sender<Piece>) {
    for path in paths {
        let sent = if path.as_os_str() == "-" {
            send(Path::new("standard input"), io::stdin(), pieces)
        } else {
            File::open(path).and_then(|file| send(path, file, pieces))
        };
        if let Err(error) = sent {
            let hint = "PostgreSQL says where it writes with `SELECT pg_current_logfile()`, below its `data_directory`";
            // Whoever reads may have gone.
            let _ = pieces.blocking_send(Err(unreadable(path, &error, hint)));
            return;
        }
    }
}

fn send(path: &Path, mut from: impl Read, pieces: &Sender<Piece>) -> io::Result<()> {
    let mut is_first = true;
    loop {
        let mut piece = vec![0; PIECE];
        let length = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        piece.truncate(length);
        if is_first && piece.starts_with(&GZIP) {
            let why = format!("it is compressed\nhint: `zcat {} | loadline db slow --log -`", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        is_first = false;
        if pieces.blocking_send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
}

fn names(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| {
        if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
    };
    match paths {
        [only] => name(only),
        [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
        [] => String::new(),
    }
}

fn no_log(name: &str, bytes: usize, told: &Told) -> Failure {
    if bytes == 0 || told.fragments == 0 {
        return Failure::new(Ending::Failed, format!("`{name}` is empty: there is no statement in it"));
    }
    Failure::new(
        Ending::CouldNotRun,
        format!(
            "`{name}` is none of the logs that are read: PostgreSQL's csvlog, jsonlog or plain log with its messages in English (`lc_messages`), or Prisma's queries"
        ),
    )
}

/// Why an understood log has no statement.
fn nothing(name: &str, told: &Told, own: Others) -> String {
    if own.calls > 0 {
        return format!("`{name}` has no statement but loadline's own");
    }
    let entries = loadline_units::count(told.entries);
    let has = if told.without_statement.calls > 0 { "durations without statements" } else { "no statement" };
    format!(
        "`{name}` has {entries} entries and {has}\nhint: the server logs all of them with `log_min_duration_statement = 0`, and reads it again on `SELECT pg_reload_conf()`; its messages must be English (`lc_messages`)"
    )
}
