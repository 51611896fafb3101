//! Groups and checks, rebuilt from tags: k6 keeps them as a tree, a run keeps them as the tags `group` and `check`.
//!
//! A group's path is `::outer::inner`; the root's is empty. Both groups and checks appear in the order in which they
//! were first met, because series are sorted by the time their tags were first used.

use loadline_measure::{Run, Sink};

/// Stands between the names in a path; k6 does not allow it in names.
const SEPARATOR: &str = "::";

/// A group with everything in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// The last part of the path; empty for the root.
    pub(crate) name: String,
    /// `::outer::inner`; empty for the root.
    pub(crate) path: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) checks: Vec<Check>,
}

/// A check and how it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: String,
    /// The group's path, `::`, the name.
    pub(crate) path: String,
    pub(crate) passes: u64,
    pub(crate) fails: u64,
}

/// The root group of a run, or of the part of it that carries all these tags.
pub(crate) fn groups(run: &Run, matches: &[(&str, &str)]) -> Group {
    let mut root = Group::default();
    let schema = run.schema();
    let (checks, durations) = (schema.find("checks"), schema.find("group_duration"));
    let mut found: Vec<_> = run
        .series()
        .filter(|(series, tags, _)| {
            (Some(series.metric) == checks || Some(series.metric) == durations) && tags.matches(matches)
        })
        .collect();
    found.sort_by_key(|(series, _, _)| series.tags);
    for (_, tags, sink) in found {
        let group = root.find(tags.get("group").unwrap_or_default());
        let (Sink::Rate(rate), Some(name)) = (sink, tags.get("check")) else { continue };
        let check = group.check(name);
        check.passes += rate.passes;
        check.fails += rate.fails();
    }
    root
}

impl Group {
    /// The group of a path, made when it is not there yet.
    fn find(&mut self, path: &str) -> &mut Group {
        let mut group = self;
        for name in path.split(SEPARATOR).filter(|name| !name.is_empty()) {
            let position = group.groups.iter().position(|known| known.name == name).unwrap_or_else(|| {
                let path = format!("{}{SEPARATOR}{name}", group.path);
                group.groups.push(Group { name: name.to_owned(), path, ..Group::default() });
                group.groups.len() - 1
            });
            group = &mut group.groups[position];
        }
        group
    }

    fn check(&mut self, name: &str) -> &mut Check {
        let position = self.checks.iter().position(|known| known.name == name).unwrap_or_else(|| {
            let path = format!("{}{SEPARATOR}{name}", self.path);
            self.checks.push(Check { name: name.to_owned(), path, ..Check::default() });
            self.checks.len() - 1
        });
        &mut self.checks[position]
    }

    /// All groups below this one, outer before inner.
    pub(crate) fn descendants(&self) -> Vec<&Group> {
        let mut all = Vec::new();
        for group in &self.groups {
            all.push(group);
            all.extend(group.descendants());
        }
        all
    }
}
