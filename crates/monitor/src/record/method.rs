//! HTTP methods as labels: the known ones, and one name for whatever else a client writes.

use http::Method;

/// How many there are.
pub(crate) const METHODS: usize = 10;

/// The last stands for all others, with OpenTelemetry's name for them.
const NAMES: [&str; METHODS] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "_OTHER"];

/// A method, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MethodIndex(u8);

impl MethodIndex {
    pub(crate) const OTHER: MethodIndex = MethodIndex(METHODS as u8 - 1);

    pub(crate) fn of(method: &Method) -> MethodIndex {
        let text = method.as_str();
        let known = NAMES[..METHODS - 1].iter().position(|name| *name == text);
        known.map_or(MethodIndex::OTHER, |index| MethodIndex(index as u8))
    }

    pub(crate) fn all() -> impl Iterator<Item = MethodIndex> {
        (0..METHODS as u8).map(MethodIndex)
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES[self.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_methods_share_a_name() {
        for (method, name) in
            [("GET", "GET"), ("PATCH", "PATCH"), ("get", "_OTHER"), ("BREW", "_OTHER"), ("_OTHER", "_OTHER")]
        {
            assert_eq!(MethodIndex::of(&Method::from_bytes(method.as_bytes()).unwrap()).name(), name);
        }
    }
}
