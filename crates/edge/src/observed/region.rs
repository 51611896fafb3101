//! Where a request was answered, out of the header in which a vendor says it.
//!
//! Several of these headers name a request or a machine as well, which would make each answer a region of its own; the
//! place is cut out of those whose form is known, and others are taken as they are. Where nobody has said which header
//! it is, those of vendors are believed that have the form in which the vendor sends them: others use the same names
//! for machines.

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

/// The headers of vendors that say it.
pub(super) const VENDORS: [&str; 4] = ["cf-ray", "x-amz-cf-pop", "x-vercel-id", "x-served-by"];

/// The region that the header of a vendor says, in the form in which that vendor says it.
pub(super) fn by_vendor(headers: &HeaderMap) -> Option<String> {
    VENDORS.into_iter().find_map(|name| {
        let whole = headers.get(name)?.to_str().ok()?.trim();
        let name = HeaderName::from_static(name);
        let place = region(headers, &name)?;
        let upper = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_theirs = match name.as_str() {
            "cf-ray" => {
                let ray = whole.split('-').next().unwrap_or_default();
                ray.len() == 16 && ray.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_airport(&place)
            }
            "x-served-by" => {
                let server = whole.rsplit(',').next().unwrap_or_default().trim();
                server.starts_with("cache-") && (3..=4).contains(&place.len()) && upper(&place)
            }
            // `SYD62` and `syd1`: an airport, and which of its places.
            "x-amz-cf-pop" => place.split_at_checked(3).is_some_and(|(at, of)| is_airport(at) && digits(of)),
            _ => {
                let lower = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
                let is_place = place.split_at_checked(3).is_some_and(|(at, of)| lower(at) && digits(of));
                whole.contains("::") && is_place
            }
        };
        is_theirs.then_some(place)
    })
}

/// Whether it could be an airport's code, by which vendors call their places.
fn is_airport(place: &str) -> bool {
    place.len() == 3 && place.bytes().all(|byte| byte.is_ascii_uppercase())
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

    #[test]
    fn a_vendor_is_known_by_the_form_of_what_it_says() {
        for (lines, place) in [
            (&[("cf-ray", "8f2a90cd1b3c5d7e-SYD")][..], Some("SYD")),
            (&[("x-served-by", "cache-mel11221-MEL, cache-syd10145-SYD")], Some("SYD")),
            (&[("x-vercel-id", "syd1::iad1::abcde-1712000000000-0123456789ab")], Some("syd1")),
            (&[("x-amz-cf-pop", "SYD62-P1")], Some("SYD62")),
            // What others send under these names would be a region for each of their machines or requests.
            (&[("x-served-by", "web-7f9c-xk2")], None),
            (&[("x-served-by", "cache-7f9c-xk2")], None),
            (&[("cf-ray", "8f2a90cd1b3c5d7e")], None),
            (&[("cf-ray", "request-17-SYD")], None),
            (&[("x-vercel-id", "abcde-1712000000000")], None),
            (&[("x-amz-cf-pop", "pop")], None),
            (&[("x-served-by", "web-7f9c-xk2"), ("cf-ray", "8f2a90cd1b3c5d7e-PER")], Some("PER")),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(by_vendor(&headers).as_deref(), place, "{lines:?}");
        }
    }
}
