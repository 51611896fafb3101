//! Who answers on this machine, and what of its processor is taken: by whom the target is served, and by everybody.
//!
//! A target on this machine is found by its port: the process that holds the socket that listens there (proc(5)).
//! Processes of others cannot be looked into; then only the machine's processor is known.

use std::fs::{read_dir, read_link, read_to_string};

use loadline_runner::{processor_seconds_of, processor_ticks_of_machine};

/// The state of a socket that listens, in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// The processes that serve the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What the first of them is called.
    pub name: String,
    /// Their ids.
    pub ids: Vec<u32>,
    /// Where they listen.
    pub port: u16,
}

impl Listener {
    /// Who listens there now, if it is nobody of those who did.
    pub(super) fn replaced(&self) -> Option<Self> {
        listener(self.port).filter(|now| now.ids.iter().all(|id| !self.ids.contains(id)))
    }
}

/// A look at the processor's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Seconds of processor time that somebody took, and all there were; in units of their own.
    busy: f64,
    all: f64,
    target_s: Option<f64>,
}

/// What was taken between two looks, as parts of the machine's processor, from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) machine: f64,
    pub(super) target: Option<f64>,
}

/// The processes of this machine that listen on a port.
pub fn listener(port: u16) -> Option<Listener> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| read_to_string(path).unwrap_or_default());
    let sockets: Vec<String> = tables
        .iter()
        .flat_map(|table| inodes(table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let mut ids: Vec<u32> = read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| holds(*id, &sockets))
        .collect();
    ids.sort_unstable();
    let name = read_to_string(format!("/proc/{}/comm", ids.first()?)).ok()?.trim().to_owned();
    Some(Listener { name, ids, port })
}

/// The inodes of sockets that listen on a port.
fn inodes(table: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    let of = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&port) && *fields.get(3)? == LISTENS;
        listens.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    };
    table.lines().skip(1).filter_map(of).collect()
}

fn holds(id: u32, sockets: &[String]) -> bool {
    let Ok(files) = read_dir(format!("/proc/{id}/fd")) else { return false };
    files.flatten().any(|file| {
        read_link(file.path())
            .is_ok_and(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
    })
}

impl Look {
    /// Looks; `None` where the system does not tell.
    pub(super) fn now(target: Option<&Listener>) -> Option<Self> {
        let (busy, all) = processor_ticks_of_machine()?;
        let target_s = target.and_then(|target| target.ids.iter().map(|id| processor_seconds_of(*id)).sum());
        Some(Self { busy, all, target_s })
    }

    /// What was taken since an earlier look. `cores` is how many there are, and `elapsed_s` how long ago it was.
    pub(super) fn since(&self, earlier: &Self, cores: f64, elapsed_s: f64) -> Taken {
        let all = self.all - earlier.all;
        let target = self.target_s.zip(earlier.target_s);
        Taken {
            machine: if all > 0.0 { (self.busy - earlier.busy) / all } else { 0.0 },
            target: target.map(|(now, then)| (now - then) / (cores * elapsed_s).max(1e-9)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_listens_is_found_by_the_port() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let found = listener(port).unwrap();
        assert!(found.ids.contains(&std::process::id()));
        assert_eq!(found.replaced(), None);
        let other = Listener { ids: vec![u32::MAX], ..found.clone() };
        assert_eq!(other.replaced(), Some(found));
        drop(socket);
        assert_eq!(listener(port), None);
    }
}
