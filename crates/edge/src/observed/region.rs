//! Where a request was answered, out of the header in which a vendor says it.
//!
//! Several of these headers name a request or a machine as well, which would make each answer a region of its own; the
//! place is cut out of those whose form is known, and others are taken as they are.

use http::{HeaderMap, HeaderName};

/// The region in this header of an answer.
///
/// ```
/// use http::HeaderMap;
/// use loadline_edge::observed::region;
/// let mut headers = HeaderMap::new();
/// headers.insert("cf-ray", "8f2a90cd1b3c5d7e-SYD".parse()?);
/// assert_eq!(region(&headers, &"cf-ray".parse()?).as_deref(), Some("SYD"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn region(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    let place = match name.as_str() {
        // `8f2a90cd1b3c5d7e-SYD`
        "cf-ray" => value.rsplit('-').next()?,
        // `cache-mel11221-MEL, cache-syd10145-SYD`: the last is the one that the client spoke to.
        "x-served-by" => value.rsplit(',').next()?.trim().rsplit('-').next()?,
        // `syd1::iad1::abcde-1712000000000-0123456789ab`
        "x-vercel-id" => value.split("::").next()?,
        // `SYD62-P1`
        "x-amz-cf-pop" => value.split('-').next()?,
        _ => value,
    };
    (!place.is_empty()).then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_without_requests_and_machines() {
        for (name, value, place) in [
            ("cf-ray", "8f2a90cd1b3c5d7e-SYD", Some("SYD")),
            ("x-served-by", "cache-mel11221-MEL, cache-syd10145-SYD", Some("SYD")),
            ("x-vercel-id", "syd1::iad1::abcde-1712000000000-0123456789ab", Some("syd1")),
            ("x-amz-cf-pop", "SYD62-P1", Some("SYD62")),
            ("x-region", " eu-west-1 ", Some("eu-west-1")),
            ("x-region", "", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(region(&headers, &name.parse().unwrap()).as_deref(), place, "{name}: {value}");
        }
    }
}
