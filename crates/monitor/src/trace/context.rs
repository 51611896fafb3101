//! Which span is the current one: W3C's `traceparent` between processes, a thread-local value within one.
//!
//! The layer makes a request's span current each time the request's future is polled, and no longer: a future that the handler polls
//! sees it, another request on the same thread does not. A spawned task starts without one.

use std::cell::Cell;

use http::HeaderMap;

/// Identifies a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) sampled: bool,
}

thread_local! {
    static CURRENT: Cell<Option<Context>> = const { Cell::new(None) };
}

/// The span in whose time this thread runs.
pub(crate) fn current() -> Option<Context> {
    CURRENT.get()
}

/// Makes a span current until dropped.
pub(crate) struct Scope(Option<Context>);

impl Scope {
    pub(crate) fn enter(context: Context) -> Scope {
        Scope(CURRENT.replace(Some(context)))
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// The caller's span, from a header as <https://www.w3.org/TR/trace-context/#traceparent-header> has it. One that is wrong, or there
/// twice, is no span.
pub(crate) fn parse_traceparent(headers: &HeaderMap) -> Option<Context> {
    let mut all = headers.get_all("traceparent").iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let text = value.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Later versions may have more parts; version 00 has none, and ff is none.
    if hex(version, 2)? == 0xff || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let (trace, span) = (hex(trace, 32)?, hex(span, 16)? as u64);
    let sampled = hex(flags, 2)? & 1 == 1;
    (trace != 0 && span != 0).then_some(Context { trace, span, sampled })
}

/// Lower-case hexadecimal digits, exactly so many.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&str]) -> Option<Context> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("traceparent", value.parse().unwrap());
        }
        parse_traceparent(&headers)
    }

    #[test]
    fn the_specification_s_examples() {
        let expected = Context {
            trace: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
            span: 0x00f0_67aa_0ba9_02b7,
            sampled: true,
        };
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parse(&[good]), Some(expected));
        assert_eq!(parse(&[&good.replace("-01", "-00")]), Some(Context { sampled: false, ..expected }));
        assert_eq!(parse(&[&good.replacen("00", "cc", 1)]), Some(expected));
        assert_eq!(
            parse(&[&format!("{}-what-the-future-brings", good.replacen("00", "cc", 1))]),
            Some(expected)
        );
    }

    #[test]
    fn what_is_wrong_is_no_span() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for wrong in [
            "",
            "00",
            &good.to_uppercase(),
            &good.replacen("00", "ff", 1),
            &format!("{good}-more"),
            &good.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &good.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &good[1..],
            &good.replace("-01", "-1"),
        ] {
            assert_eq!(parse(&[wrong]), None, "{wrong}");
        }
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[good, good]), None);
    }

    #[test]
    fn a_scope_ends() {
        let context = |span| Context { trace: 1, span, sampled: true };
        assert_eq!(current(), None);
        let outer = Scope::enter(context(1));
        drop(Scope::enter(context(2)));
        assert_eq!(current(), Some(context(1)));
        drop(outer);
        assert_eq!(current(), None);
    }
}
