//! What this process's own control group lets it have of memory, as containers and services have one.
//!
//! A group has what it is given itself, and no more than any group that it is in. Inside of a container the system
//! shows the group as the root of all, or shows a path of the host's that is not there: whatever of the path is there,
//! counts.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// The least limit of this process's groups, in bytes; `None` without one.
pub(crate) fn memory_limit() -> Option<u64> {
    groups().iter().filter_map(|group| group.limit(&read)).min()
}

/// The least that this process's groups leave, in bytes: of their limits, what is not in use. Pages of files that can
/// be dropped at any time are not in use.
pub(crate) fn memory_left() -> Option<u64> {
    groups().iter().filter_map(|group| group.left(&read)).min()
}

fn read(path: &Path) -> Option<String> {
    read_to_string(path).ok()
}

fn groups() -> Vec<Group> {
    read_to_string("/proc/self/cgroup").map(|own| groups_of(&own)).unwrap_or_default()
}

/// A folder of a control group, and the version of its files.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The groups of `/proc/self/cgroup` that may limit memory, from the inmost out: a line is `number:controllers:path`.
fn groups_of(own: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (mount, version) = match controllers {
            "" => ("/sys/fs/cgroup", Version::Two),
            listed if listed.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", Version::One)
            }
            _ => continue,
        };
        for inside in Path::new(path.trim_start_matches('/')).ancestors() {
            groups.push(Group { folder: Path::new(mount).join(inside), version });
        }
    }
    groups
}

impl Group {
    fn limit(&self, read: &dyn Fn(&Path) -> Option<String>) -> Option<u64> {
        let file = match self.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        // `max` is no number: there is no limit.
        read(&self.folder.join(file))?.trim().parse().ok()
    }

    fn left(&self, read: &dyn Fn(&Path) -> Option<String>) -> Option<u64> {
        let (usage, files) = match self.version {
            Version::One => ("memory.usage_in_bytes", "total_inactive_file "),
            Version::Two => ("memory.current", "inactive_file "),
        };
        let limit = self.limit(read)?;
        let used: u64 = read(&self.folder.join(usage))?.trim().parse().ok()?;
        let stat = read(&self.folder.join("memory.stat")).unwrap_or_default();
        let droppable = stat.lines().find_map(|line| line.strip_prefix(files)?.trim().parse().ok());
        Some(limit.saturating_sub(used.saturating_sub(droppable.unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    type Files<'a> = HashMap<&'a str, &'a str>;

    fn least(own: &str, files: &Files<'_>) -> (Option<u64>, Option<u64>) {
        let read = |path: &Path| files.get(path.to_str().unwrap()).map(|text| (*text).to_owned());
        let groups = groups_of(own);
        let limit = groups.iter().filter_map(|group| group.limit(&read)).min();
        (limit, groups.iter().filter_map(|group| group.left(&read)).min())
    }

    #[test]
    fn a_group_has_no_more_than_the_groups_it_is_in() {
        let files = Files::from([
            ("/sys/fs/cgroup/ci/job/memory.max", "max\n"),
            ("/sys/fs/cgroup/ci/job/memory.current", "300\n"),
            ("/sys/fs/cgroup/ci/memory.max", "1000\n"),
            ("/sys/fs/cgroup/ci/memory.current", "900\n"),
            ("/sys/fs/cgroup/ci/memory.stat", "anon 1\nactive_file 2\ninactive_file 250\n"),
            // Another group's limit, which the root of all groups does not have.
            ("/sys/fs/cgroup/other/memory.max", "5\n"),
        ]);
        assert_eq!(least("0::/ci/job\n", &files), (Some(1000), Some(350)));
    }

    #[test]
    fn in_a_container_the_root_is_the_group() {
        let files =
            Files::from([("/sys/fs/cgroup/memory.max", "1000"), ("/sys/fs/cgroup/memory.current", "400")]);
        assert_eq!(least("0::/\n", &files), (Some(1000), Some(600)));
        // A path of the host's, which is not there.
        assert_eq!(least("0::/docker/4f5e\n", &files), (Some(1000), Some(600)));
        assert_eq!(least("", &files), (None, None));
    }

    #[test]
    fn version_one_has_a_mount_of_its_own() {
        let files = Files::from([
            ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000"),
            ("/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1200"),
        ]);
        assert_eq!(least("5:cpu,cpuacct:/b\n4:memory:/a\n", &files), (Some(1000), Some(0)));
    }
}
