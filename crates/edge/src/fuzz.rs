//! What a fuzzer does with messages and with files of rules. `fuzz/` calls it with libFuzzer's inputs; the tests below
//! call it with the kept inputs and with mutations of them, so that it is never out of date.

use bytes::Bytes;
use http::header::{CONNECTION, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use loadline_verdict::escape;

use crate::cache::{Cache, Limits, Purge, Step};
use crate::fields::cache_status::{CACHE_STATUS, CacheStatus};
use crate::fields::no_vary_search::NoVarySearch;
use crate::moment::Moment;
use crate::policy::{Policy, Times};
use crate::rules::{Rules, lint};

const NOW: Moment = Moment::from_seconds(784_111_777);
/// Bytes of everything that is said of a file.
const LONGEST: usize = 4_500;

/// Has a cache answer a request with an answer, both made of these bytes, and the same request again.
///
/// # Panics
/// Something is kept that may not be, or what is written cannot be read.
pub(crate) fn messages(bytes: &[u8]) {
    let Some((request, response)) = exchange(bytes) else { return };
    let rules =
        Rules::parse("x.toml", "[[rule]]\npath = '/**'\ncache = { max_age = '5m' }\n").expect("rules");
    let Ok(asked) = rules.ask(request.clone(), b"") else { return };
    let cache = Cache::new(Policy::default(), Limits::default());
    for seconds in [0, 1, 100, 1_000_000] {
        let now = Moment::from_seconds(NOW.seconds() + seconds);
        let mut step = cache.request(now, &asked.key, &asked.request);
        for _ in 0..4 {
            step = match step {
                Step::Ask(asking) | Step::DoneAndAsk(_, asking) => {
                    cache.answer_whole(now, asking, response.clone())
                }
                Step::Done(reply) => {
                    let headers = reply.response.headers();
                    assert!(
                        !headers.contains_key(CONNECTION) && !headers.contains_key(TRANSFER_ENCODING),
                        "{headers:?}"
                    );
                    let said = CacheStatus::read(headers, CACHE_STATUS);
                    let theirs = CacheStatus::read(response.headers(), CACHE_STATUS).len();
                    assert!(
                        theirs > 0 || said.is_empty() || said.last() == Some(&reply.status),
                        "{headers:?}"
                    );
                    break;
                }
            };
        }
    }
    let head = response.map(|_| ());
    if let Ok(stored) = Policy::default().keep(&request, &head, Times { requested: NOW, received: NOW }) {
        assert!(stored.headers.get(&SET_COOKIE).is_none(), "{stored:?}");
        assert!(stored.is_chosen_by(&request), "{stored:?}");
    }
    let search = NoVarySearch::of(head.headers());
    assert!(search.are_same(request.uri().query(), request.uri().query()));
}

/// Makes a cache of these bytes, as a file of a journal and as records, each behind its length in two bytes; and asks
/// it for what there may be.
///
/// # Panics
/// It keeps more than it may, or does not let go of it.
pub(crate) fn store(bytes: &[u8]) {
    const MOST: u64 = 50_000;
    let cache = Cache::new(Policy::default(), Limits { bytes: MOST, ..Limits::default() });
    #[cfg(feature = "disk")]
    crate::disk::read_any(bytes, &cache, NOW);
    let mut rest = bytes;
    while let Some((length, records)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(records.len());
        let (record, others) = records.split_at(length);
        cache.restore(NOW, &Bytes::copy_from_slice(record));
        rest = others;
    }
    assert!(cache.counts().bytes <= MOST, "{:?}", cache.counts());
    for (path, name, value) in [
        ("/a", "range", "bytes=2-"),
        ("/a?b=1&c=2", "if-none-match", "\"v1\""),
        ("/b", "accept-language", "de"),
    ] {
        for seconds in [0, 30, 1_000_000] {
            let now = Moment::from_seconds(NOW.seconds() + seconds);
            for method in ["GET", "HEAD"] {
                let uri = format!("http://shop.test{path}");
                let request = Request::builder().method(method).uri(uri).header(name, value).body(());
                let request = request.expect("a request");
                let key = crate::key::plain(&request, b"").expect("a key");
                if let Step::Ask(asking) | Step::DoneAndAsk(_, asking) = cache.request(now, &key, &request) {
                    let mut response = Response::new(Bytes::from_static(b"answer"));
                    response.headers_mut().insert("content-range", HeaderValue::from_static("bytes 4-9/10"));
                    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                    let _ = cache.answer_whole(now, asking, response);
                }
            }
        }
    }
    assert!(cache.counts().bytes <= MOST, "{:?}", cache.counts());
    cache.purge(&Purge::All, None);
    cache.sweep();
    assert_eq!((cache.counts().bytes, cache.len()), (0, 0), "{:?}", cache.counts());
}

/// A request line and headers, an empty line, a status and headers.
fn exchange(bytes: &[u8]) -> Option<(Request<()>, Response<Bytes>)> {
    let end = bytes.windows(2).position(|window| window == b"\n\n")?;
    let (first, headers) = parsed(&bytes[..end])?;
    let (method, path) = first.split_once(' ')?;
    let uri = if path.starts_with('/') { format!("http://shop.test{path}") } else { path.to_owned() };
    let mut request = Request::builder().method(method).uri(uri).body(()).ok()?;
    *request.headers_mut() = headers;
    let (status, headers) = parsed(&bytes[end + 2..])?;
    let mut response = Response::new(Bytes::from_static(b"answer 1"));
    *response.status_mut() = StatusCode::from_bytes(status.as_bytes()).ok()?;
    *response.headers_mut() = headers;
    Some((request, response))
}

fn parsed(head: &[u8]) -> Option<(String, HeaderMap)> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?.to_owned();
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    Some((first, headers))
}

/// Reads these bytes as a file of rules, and looks at what is not wise in it.
///
/// # Panics
/// What is said of it is long, commands a terminal, or names no place.
pub(crate) fn rule_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let said = match Rules::parse("x.toml", &text) {
        Err(problems) => problems.to_string(),
        Ok(rules) => {
            let _ = rules.find("/api/trpc/a,b");
            let findings = lint(&rules, "x.toml", &text);
            findings.first().map(|finding| finding.problem.to_string()).unwrap_or_default()
        }
    };
    assert!(said.len() <= LONGEST, "{} bytes: {said}", said.len());
    assert!(said.is_empty() || said.contains("--> x.toml:"), "{said}");
    assert!(said.lines().all(|line| escape(line) == line), "{said:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-edge fuzz` tries more of them.
    #[test]
    fn no_message_is_too_strange() {
        let words = [
            "\n",
            "\n\n",
            ", ",
            "\"",
            ";",
            "=",
            "*",
            "Vary: *\n",
            "max-age=",
            "99999999999999999999",
            "-",
            "/",
            "Cache-Control: no-cache\n",
            "304\n",
            "206\n",
            "ETag: W/\"v1\"\n",
            "Range: bytes=-5\n",
            "HEAD ",
            "QUERY ",
        ];
        loadline_fuzzed::try_all("edge_headers", &words.map(str::as_bytes), 3_000, messages);
    }

    #[test]
    fn no_journal_is_too_strange() {
        let words: [&[u8]; 12] = [
            b"\0",
            b"\x01",
            b"\x02",
            b"\x03",
            b"\xff",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x80",
            b"MGET",
            b" Q",
            b"etag",
            b"loadline edge store\n\x01\0\0\0",
            b"bytes",
        ];
        loadline_fuzzed::try_all("edge_store", &words, 3_000, store);
    }

    #[test]
    fn no_file_of_rules_is_too_strange() {
        let words = [
            "[",
            "]",
            "[[rule]]\n",
            "{",
            "}",
            "=",
            "\"",
            "'",
            "\n",
            ".",
            "**",
            "*",
            "/",
            "path = '/**'\n",
            "日",
            "\u{1b}[2J",
            "cache = { public = true }\n",
            "true",
            "\"5m\"",
        ];
        loadline_fuzzed::try_all("edge_rules", &words.map(str::as_bytes), 3_000, rule_file);
    }
}
