//! Cookies of requests, by name.

use http::HeaderMap;
use http::header::COOKIE;

/// The pairs of all `Cookie` lines, as they are written; what has no `=` is a value without a name.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
    lines
        .flat_map(|line| line.split(';'))
        .map(|pair| pair.trim_matches([' ', '\t']))
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or(("", pair)))
}

/// All values of a cookie, in their order: which of two an origin takes is its own business.
pub(super) fn values(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> =
        pairs(headers).filter(|(found, _)| *found == name).map(|(_, value)| value).collect();
    if values.is_empty() { None } else { Some(values.join("; ")) }
}

/// Leaves the cookies of these names, in the order of the names: what the key does not tell apart is not sent apart.
pub(super) fn keep(headers: &mut HeaderMap, names: &[String]) {
    let of = |name: &String| {
        let values = pairs(headers).filter(|(found, _)| found == name);
        values.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    let kept: Vec<String> = names.iter().flat_map(of).collect();
    headers.remove(COOKIE);
    if !kept.is_empty()
        && let Ok(value) = kept.join("; ").parse()
    {
        headers.insert(COOKIE, value);
    }
}
