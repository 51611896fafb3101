//! Who descends from a process, as `/proc` tells (proc(5)).

use std::fs;

use rustix::process::Pid;

/// The processes whose parent is this one.
pub(super) fn children_of(parent: Pid) -> Vec<Pid> {
    all().into_iter().filter(|(_, of)| *of == parent.as_raw_pid()).map(|(child, _)| child).collect()
}

/// The processes that descend from this one, itself left out.
pub(super) fn descendants_of(ancestor: Pid) -> Vec<Pid> {
    let all = all();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, of)| *of == parent.as_raw_pid()).map(|(child, _)| *child));
        next += 1;
    }
    found.remove(0);
    found
}

/// Every process, with the number of its parent.
fn all() -> Vec<(Pid, i32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| {
            let number = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
            Some((Pid::from_raw(number)?, parent_in(&stat)?))
        })
        .collect()
}

/// The parent's number in `/proc/PID/stat`: the second field behind the command, which may itself have brackets.
fn parent_in(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_parent_stands_behind_whatever_the_command_is_called() {
        assert_eq!(parent_in("17 (a) b) S 4 17 17"), Some(4));
        assert_eq!(parent_in("17 (a"), None);
    }

    #[test]
    fn a_child_of_a_child_is_a_descendant() {
        let mut shell = Command::new("sh")
            .args(["-c", "cat; true"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let own = Pid::from_raw(std::process::id() as i32).unwrap();
        let shell_id = Pid::from_child(&shell);
        assert!(children_of(own).contains(&shell_id));
        // The shell may not have come so far.
        while children_of(shell_id).is_empty() {
            std::thread::yield_now();
        }
        assert!(descendants_of(own).contains(&children_of(shell_id)[0]));
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}
