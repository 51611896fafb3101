//! Cache control for some caches only, `CDN-Cache-Control` and its like (RFC 9213).
//!
//! Such a field is a structured dictionary. One that is empty or malformed is as if it were not there; a directive
//! whose value has the wrong type says nothing. The first field of the cache's list that is valid is all that it goes
//! by: `Cache-Control` and `Expires` are then for others.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use sfv::{BareItem, Dictionary, ListEntry};

use super::cache_control::{CacheControl, Seconds};
use super::structured::{read, word};

/// What the first valid field of these says, and which it is.
///
/// ```
/// use http::{HeaderMap, HeaderName};
/// use loadline_edge::fields::targeted;
/// let cdn = HeaderName::from_static("cdn-cache-control");
/// let mut headers = HeaderMap::new();
/// headers.insert(&cdn, "max-age=60".parse()?);
/// let (field, said) = targeted::first(&headers, std::slice::from_ref(&cdn)).ok_or("nothing")?;
/// assert_eq!((field, said.to_string().as_str()), (&cdn, "max-age=60"));
/// headers.insert(&cdn, "max-age=60, &".parse()?);
/// assert!(targeted::first(&headers, &[cdn]).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn first<'t>(headers: &HeaderMap, targets: &'t [HeaderName]) -> Option<(&'t HeaderName, CacheControl)> {
    targets.iter().find_map(|target| {
        let said: Dictionary = read(headers, target)?;
        (!said.is_empty()).then(|| (target, directives(&said)))
    })
}

fn directives(dictionary: &Dictionary) -> CacheControl {
    let mut said = CacheControl::default();
    for (name, entry) in dictionary {
        let ListEntry::Item(item) = entry else { continue };
        let value = &item.bare_item;
        let yes = matches!(value, BareItem::Boolean(true));
        let seconds = match value {
            BareItem::Integer(number) => {
                Some(Duration::from_secs(u64::try_from(i64::from(*number)).unwrap_or(0)))
            }
            _ => None,
        };
        let put = |place: &mut Seconds| {
            if let Some(time) = seconds {
                *place = Seconds::Of(time);
            }
        };
        match name.as_str() {
            "max-age" => put(&mut said.max_age),
            "s-maxage" => put(&mut said.s_maxage),
            "stale-while-revalidate" => put(&mut said.stale_while_revalidate),
            "stale-if-error" => put(&mut said.stale_if_error),
            "no-cache" if yes => said.no_cache.add(None),
            "no-cache" => said.no_cache.add_named(word(value)),
            "private" if yes => said.private.add(None),
            "private" => said.private.add_named(word(value)),
            "public" => said.public = yes,
            "no-store" => said.no_store = yes,
            "no-transform" => said.no_transform = yes,
            "must-revalidate" => said.must_revalidate = yes,
            "proxy-revalidate" => said.proxy_revalidate = yes,
            "must-understand" => said.must_understand = yes,
            "immutable" => said.immutable = yes,
            other => said.others.push(other.to_owned()),
        }
    }
    said
}
