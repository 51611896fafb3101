//! What is kept beside a body, as one block of bytes: the same in memory and on a disk.
//!
//! A [`Stored`] takes a kilobyte; packed it takes what its headers take and some thirty bytes more. Times are kept in
//! milliseconds, the finest that anybody tells the engine.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::fields::compact::{self, Fields, put_name};
use crate::fields::no_vary_search::{NO_VARY_SEARCH, NoVarySearch};
use crate::fields::numbers::{Reader, put, put_bytes, put_some};
use crate::fields::range::{self, Part};
use crate::moment::Moment;
use crate::policy::{Freshness, Held, Mark, Source, Staleness, Stored};

const VALIDATE_ALWAYS: u8 = 1;
const STALE_IS_FORBIDDEN: u8 = 2;

/// Writes it, but for its mark.
pub(super) fn pack(stored: &Stored, into: &mut Vec<u8>) {
    match stored.method.as_str() {
        "GET" => into.push(0),
        other => {
            into.push(1);
            put_bytes(other.as_bytes(), into);
        }
    }
    put(u64::from(stored.status.as_u16()), into);
    put(stored.received.millis().cast_unsigned(), into);
    put(millis(stored.initial_age), into);
    let Freshness { lifetime, source, validate_always, stale } = stored.freshness;
    put(millis(lifetime), into);
    into.push(match source {
        Source::SMaxage => 0,
        Source::MaxAge => 1,
        Source::Expires => 2,
        Source::Heuristic => 3,
        Source::Nothing => 4,
    });
    into.push(
        u8::from(validate_always) * VALIDATE_ALWAYS + u8::from(stale.is_forbidden) * STALE_IS_FORBIDDEN,
    );
    put(millis(stale.while_revalidate), into);
    put_some(stale.if_error.map(millis), into);
    match stored.held {
        Held::Whole => into.push(0),
        Held::Part(part) => {
            into.push(1);
            put(part.bytes.first, into);
            put(part.bytes.last, into);
            put_some(part.total, into);
        }
    }
    put_some(stored.length, into);
    put(stored.selecting.len() as u64, into);
    for (name, value) in &stored.selecting {
        put_name(name, into);
        into.push(u8::from(value.is_some()));
        if let Some(value) = value {
            put_bytes(value, into);
        }
    }
    match stored.search.value() {
        None => put_bytes(b"", into),
        Some(search) => {
            put_bytes(search.as_bytes(), into);
            into.push(u8::from(stored.query.is_some()));
            if let Some(query) = &stored.query {
                put_bytes(query.as_bytes(), into);
            }
        }
    }
    into.extend_from_slice(stored.headers.bytes());
}

/// Reads it; none when this is nothing that was written. Headers are taken to be what was written: whoever reads them
/// from a disk has to look at them ([`Fields::from_any`]).
pub(super) fn unpack(block: &Bytes, mark: Mark) -> Option<Stored> {
    let mut reader = Reader { rest: block };
    let method = match reader.byte()? {
        0 => Method::GET,
        1 => Method::from_bytes(reader.bytes()?).ok()?,
        _ => return None,
    };
    let status = StatusCode::from_u16(u16::try_from(reader.number()?).ok()?).ok()?;
    let received = Moment::from_millis(reader.number()?.cast_signed());
    let initial_age = Duration::from_millis(reader.number()?);
    let lifetime = Duration::from_millis(reader.number()?);
    let source = match reader.byte()? {
        0 => Source::SMaxage,
        1 => Source::MaxAge,
        2 => Source::Expires,
        3 => Source::Heuristic,
        4 => Source::Nothing,
        _ => return None,
    };
    let flags = reader.byte()?;
    let stale = Staleness {
        is_forbidden: flags & STALE_IS_FORBIDDEN != 0,
        while_revalidate: Duration::from_millis(reader.number()?),
        if_error: reader.maybe()?.map(Duration::from_millis),
    };
    let held = match reader.byte()? {
        0 => Held::Whole,
        1 => Held::Part(part(&mut reader)?),
        _ => return None,
    };
    let length = reader.maybe()?;
    // Each takes two bytes at least: no more are made room for than there can be.
    let count = reader.number().filter(|count| *count <= reader.rest.len() as u64 / 2)?;
    let mut selecting = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let name = compact::name(&mut reader)?.to_name()?;
        let value = match reader.byte()? {
            0 => None,
            1 => Some(reader.bytes()?.to_vec()),
            _ => return None,
        };
        selecting.push((name, value));
    }
    let (search, query) = match reader.bytes()? {
        b"" => (NoVarySearch::default(), None),
        text => {
            let mut headers = HeaderMap::new();
            headers.insert(NO_VARY_SEARCH, HeaderValue::from_bytes(text).ok()?);
            let query = match reader.byte()? {
                0 => None,
                1 => Some(reader.text()?.to_owned()),
                _ => return None,
            };
            (NoVarySearch::of(&headers), query)
        }
    };
    Some(Stored {
        method,
        status,
        headers: Fields::from_own(block.slice_ref(reader.rest)),
        selecting,
        search,
        query,
        held,
        length,
        initial_age,
        received,
        freshness: Freshness { lifetime, source, validate_always: flags & VALIDATE_ALWAYS != 0, stale },
        mark,
    })
}

fn part(reader: &mut Reader<'_>) -> Option<Part> {
    let bytes = range::Bytes { first: reader.number()?, last: reader.number()? };
    (bytes.first <= bytes.last && bytes.last < u64::MAX).then_some(())?;
    let total = reader.maybe()?;
    total.is_none_or(|total| total > bytes.last).then_some(Part { bytes, total })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{Policy, Times};

    fn stored(headers: &[(&str, &str)], request: &[(&str, &str)], status: u16) -> Option<Stored> {
        let mut asked = Request::get("http://shop.test/a?b=1&c=2").body(()).unwrap();
        let put = |map: &mut HeaderMap, fields: &[(&str, &str)]| {
            for (name, value) in fields {
                map.append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
            }
        };
        put(asked.headers_mut(), request);
        let mut response = http::Response::builder().status(status).body(()).unwrap();
        put(response.headers_mut(), headers);
        let now = Moment::from_millis(784_111_777_123);
        Policy::default().keep(&asked, &response, Times { requested: now, received: now }).ok()
    }

    #[test]
    fn what_is_packed_comes_back() {
        let control = ("cache-control", "max-age=60, stale-while-revalidate=9, stale-if-error=5");
        for (headers, request, status) in [
            (&[control][..], &[][..], 200),
            (&[control, ("vary", "Accept-Language, X-A")], &[("accept-language", "en, de")], 404),
            (&[control, ("no-vary-search", "key-order, params=(\"c\")")], &[], 200),
            (&[control, ("content-range", "bytes 5-9/100"), ("etag", "\"v1\"")], &[], 206),
            (&[("cache-control", "s-maxage=99999999999999"), ("content-length", "8")], &[], 200),
            (&[("cache-control", "no-cache"), ("etag", "W/\"a\"")], &[], 200),
            (&[("expires", "Sun, 06 Nov 1994 09:49:37 GMT"), ("x-a", "b"), ("x-a", "c")], &[], 200),
        ] {
            let mut stored = stored(headers, request, status).expect("it is kept");
            if stored.search.is_nothing() {
                stored.query = None;
            }
            let mut block = Vec::new();
            pack(&stored, &mut block);
            assert!(block.len() < stored.headers.len() + 60, "{} bytes", block.len());
            let block = Bytes::from(block);
            assert_eq!(unpack(&block, Mark::None).as_ref(), Some(&stored));
            // What is cut off is nothing that was written, or has other headers.
            for end in 0..block.len() {
                assert_ne!(unpack(&block.slice(..end), Mark::None).as_ref(), Some(&stored), "{end}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_something_or_nothing(bytes in vec(0_u8..4, 0..60)) {
            let _ = unpack(&Bytes::from(bytes), Mark::None);
        }
    }
}
