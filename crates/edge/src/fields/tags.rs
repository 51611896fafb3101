//! Tags of answers, by which they can be purged: `Cache-Tag`, apart by commas, as Cloudflare, Google and Akamai have
//! it, and `Surrogate-Key`, apart by blanks, as Fastly and Varnish's xkey do.

use http::{HeaderMap, HeaderName};

use super::list::text;

/// Tags apart by commas.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// Tags apart by blanks.
pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// All tags that an answer has, each once, in order.
///
/// ```
/// use http::HeaderMap;
/// let mut headers = HeaderMap::new();
/// headers.insert("cache-tag", "b, a".parse()?);
/// headers.insert("surrogate-key", "c b".parse()?);
/// assert_eq!(loadline_edge::fields::tags::of(&headers), ["a", "b", "c"]);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn of(headers: &HeaderMap) -> Vec<String> {
    let lines = |name| headers.get_all(name).iter().filter_map(text);
    let by_commas = lines(CACHE_TAG).flat_map(|line| line.split(','));
    let by_blanks = lines(SURROGATE_KEY).flat_map(|line| line.split([' ', '\t']));
    let mut tags: Vec<String> = by_commas
        .chain(by_blanks)
        .map(|tag| tag.trim_matches([' ', '\t']).to_owned())
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.sort();
    tags.dedup();
    tags
}
