//! Whom a server runs as: PostgreSQL refuses root, so containers and CI need somebody else.

use std::fs;
use std::path::Path;

use loadline_children::RunAs;

/// Those who may be there for it, the best first.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// The user for a server, unless this process is one itself; an error when there is none.
pub(super) fn for_server() -> Result<Option<RunAs>, &'static str> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
    in_list(&users).map(Some).ok_or(
        "PostgreSQL does not run as root, and this system has neither a user `postgres` nor `nobody`: add one, or run \
         loadline as another user",
    )
}

fn in_list(users: &str) -> Option<RunAs> {
    USERS.iter().find_map(|wanted| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let is_it = fields.next()? == *wanted;
            let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            is_it.then_some(RunAs { user, group })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_user_is_taken_wherever_it_stands() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(in_list(users), Some(RunAs { user: 65_534, group: 65_533 }));
        let both = format!("{users}broken\npostgres:x:101:104::/:/bin/sh\n");
        assert_eq!(in_list(&both), Some(RunAs { user: 101, group: 104 }));
        assert_eq!(in_list("root:x:0:0"), None);
    }
}
