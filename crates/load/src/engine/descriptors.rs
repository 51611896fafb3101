//! File descriptors of this process: every connection takes one, and shells start with few.

/// How many are open, and how many may be; `None` where the system does not tell.
#[cfg(unix)]
pub(super) fn open_files() -> Option<(u64, u64)> {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    // Linux 6.2 and later tell the number as the folder's size, which takes no pass over a hundred thousand entries.
    let told = std::fs::metadata("/proc/self/fd").ok()?.len();
    let open = if told > 0 { told } else { counted().unwrap_or(limit) };
    Some((open, limit))
}

/// The entries of the folder, without the one that reading it takes. `None` when there is no descriptor left to read it
/// with, which says enough.
#[cfg(unix)]
fn counted() -> Option<u64> {
    Some((std::fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1))
}

#[cfg(not(unix))]
pub(super) fn open_files() -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn more_files_are_more_descriptors() {
        let (before, limit) = open_files().unwrap();
        let files: Vec<_> = (0..20).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let (after, _) = open_files().unwrap();
        // Other tests of this process open and close their own meanwhile.
        assert!(after + 10 > before + files.len() as u64, "{before} then {after}");
        assert!(after <= limit);
        assert!(counted().unwrap() >= files.len() as u64);
    }
}
