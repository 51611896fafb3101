//! Whether this machine can have as many virtual users as were asked for.
//!
//! What a user takes depends on its script: so nothing is assumed, and the first users that are prepared are measured.
//! When the rest will not fit, the run is refused before it sends a single request; a process that the kernel kills in
//! mid-run for want of memory says nothing. Descriptors are another matter: whether a user needs a connection shows
//! only when it runs, so too few of them are a warning, and a run that has used them up is marked as not trustworthy.

use loadline_units as units;
use rustix::process::{Resource, getrlimit};

use super::{control_group, proc};

/// So many users are measured before anything is concluded from them.
const FEWEST: u64 = 100;
/// What a user takes once it runs, beside what it took before: the touched part of its stack, and a connection.
const RUNNING_BYTES: u64 = 16 << 10;
/// Descriptors that are no connections: files, event loops, timers.
const OTHER_FILES: u64 = 64;

/// Watches what the preparation of users takes.
#[derive(Default)]
pub(crate) struct Capacity {
    /// What was taken when so many users were there. Threads and what the first users share are not counted for the
    /// rest.
    before: Option<(u64, Taken)>,
}

/// What this process takes, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    resident: u64,
    addresses: u64,
}

impl Capacity {
    /// Why the users cannot all be prepared, when `done` of `total` are.
    pub(crate) fn refuses(&mut self, done: u64, total: u64) -> Option<String> {
        let now = Taken::now();
        if done == 0 {
            return None;
        }
        let (first, before) = *self.before.get_or_insert((done, now));
        let measured = done - first;
        if measured < FEWEST || done >= total {
            return None;
        }
        let left = total - done;
        let resident = now.resident.saturating_sub(before.resident);
        let addresses = now.addresses.saturating_sub(before.addresses);
        let address_limit = getrlimit(Resource::As).current;
        let free_addresses = address_limit.map(|limit| limit.saturating_sub(now.addresses));
        Need { measured, left, taken: resident, running: RUNNING_BYTES * total, what: "memory" }
            .exceeds(available_bytes())
            .or_else(|| {
                let what = "address space (`ulimit -v`)";
                Need { measured, left, taken: addresses, running: 0, what }.exceeds(free_addresses)
            })
            .map(|why| format!("this machine cannot have {} VUs: {why}\nhint: use fewer VUs, let them share realms (`loadline inspect` says whether the script does), or divide the run among machines with `--execution-segment`", units::count(total)))
    }
}

/// What users need of one thing.
struct Need {
    /// So many took `taken` bytes.
    measured: u64,
    taken: u64,
    /// So many are still to come.
    left: u64,
    /// What all of them take in addition once they run.
    running: u64,
    what: &'static str,
}

impl Need {
    /// Why `free` bytes are too few.
    fn exceeds(&self, free: Option<u64>) -> Option<String> {
        let free = free?;
        let each = self.taken / self.measured;
        let needed = each.saturating_mul(self.left).saturating_add(self.running);
        (needed > free).then(|| {
            format!(
                "each takes {} of {} with this script, measured on {} of them; all the others need {}, and {} are free",
                units::bytes(each as f64),
                self.what,
                units::count(self.measured),
                units::bytes(needed as f64),
                units::bytes(free as f64),
            )
        })
    }
}

impl Taken {
    fn now() -> Self {
        let status = proc::status_of(std::process::id()).unwrap_or_default();
        Self {
            resident: proc::resident_bytes(&status).unwrap_or(0),
            addresses: proc::address_space_bytes(&status).unwrap_or(0),
        }
    }
}

/// A warning, when this many connections need more descriptors than there can be.
pub(crate) fn too_few_files(connections: u64) -> Option<String> {
    let limit = getrlimit(Resource::Nofile).current?;
    too_few(connections, limit)
}

fn too_few(connections: u64, limit: u64) -> Option<String> {
    let needed = connections + OTHER_FILES;
    (needed > limit).then(|| {
        format!(
            "this run may need {} connections at once, and this process may have {} file descriptors open: requests beyond that fail with `too many open files`\nhint: raise the hard limit to {needed} or more before starting: `ulimit -n {needed}` as root, `LimitNOFILE=` in systemd, `--ulimit nofile=` in Docker; or use fewer VUs",
            units::count(connections),
            units::count(limit),
        )
    })
}

/// Memory that this process may still get: the machine's, or its control group's where that is less.
fn available_bytes() -> Option<u64> {
    let machine = proc::machine_memory().map(|memory| memory.available);
    [machine, control_group::memory_left()].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn what_does_not_fit_is_told_with_figures() {
        let need = |taken| Need { measured: 1000, taken, left: 99_000, running: 0, what: "memory" };
        let refused = need(200 * MIB).exceeds(Some(8192 * MIB)).unwrap();
        assert_eq!(
            refused,
            "each takes 209.71 kB of memory with this script, measured on 1,000 of them; all the others need 20.76 GB, and 8.58 GB are free"
        );
        assert_eq!(need(30 * MIB).exceeds(Some(8192 * MIB)), None);
        assert_eq!(need(200 * MIB).exceeds(None), None);
        assert!(Need { running: 9000 * MIB, ..need(MIB) }.exceeds(Some(8192 * MIB)).is_some());
    }

    #[test]
    fn few_users_conclude_nothing() {
        let mut capacity = Capacity::default();
        assert_eq!(capacity.refuses(0, u64::MAX), None);
        assert_eq!(capacity.refuses(10, u64::MAX), None);
        assert_eq!(capacity.refuses(10 + FEWEST - 1, u64::MAX), None);
        assert_eq!(capacity.refuses(500, 500), None);
    }

    #[test]
    fn descriptors() {
        assert!(too_few(1000, 1024).unwrap().contains("`ulimit -n 1064`"));
        assert_eq!(too_few(900, 1024), None);
    }

    #[test]
    fn this_machine_tells() {
        assert!(Taken::now().resident > MIB && Taken::now().addresses > Taken::now().resident);
        assert!(available_bytes().unwrap() > MIB);
    }
}
