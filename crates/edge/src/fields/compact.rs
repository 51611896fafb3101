//! Header fields in one block of bytes, as they are kept.
//!
//! A [`HeaderMap`] takes a kilobyte and more for a dozen fields, and its values may hold on to the buffer of a whole
//! connection. Here a field takes its value, its name or a byte that stands for it, and a byte or two for lengths; and
//! a map that is made of it for an answer shares the block instead of copying values.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::numbers::{Reader, put, put_bytes};

/// What stands for a name that is not in [`NAMES`].
const OTHER: u8 = u8::MAX;

/// Names that answers have often, each by its place: **only to be added to at the end**, because stores on disks have
/// the places.
static NAMES: [HeaderName; 64] = [
    header::ACCEPT_RANGES,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
    header::AGE,
    header::ALLOW,
    header::ALT_SVC,
    header::CACHE_CONTROL,
    HeaderName::from_static("cache-status"),
    HeaderName::from_static("cdn-cache-control"),
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_LOCATION,
    header::CONTENT_RANGE,
    header::CONTENT_SECURITY_POLICY,
    header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
    header::CONTENT_TYPE,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::LINK,
    header::LOCATION,
    header::PRAGMA,
    header::REFERRER_POLICY,
    header::RETRY_AFTER,
    header::SERVER,
    header::SET_COOKIE,
    header::STRICT_TRANSPORT_SECURITY,
    header::VARY,
    header::VIA,
    header::WARNING,
    header::WWW_AUTHENTICATE,
    header::X_CONTENT_TYPE_OPTIONS,
    header::X_DNS_PREFETCH_CONTROL,
    header::X_FRAME_OPTIONS,
    header::X_XSS_PROTECTION,
    HeaderName::from_static("cache-groups"),
    HeaderName::from_static("cache-tag"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("cross-origin-embedder-policy"),
    HeaderName::from_static("cross-origin-opener-policy"),
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("nel"),
    HeaderName::from_static("no-vary-search"),
    HeaderName::from_static("origin-agent-cluster"),
    HeaderName::from_static("permissions-policy"),
    HeaderName::from_static("report-to"),
    HeaderName::from_static("reporting-endpoints"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("server-timing"),
    HeaderName::from_static("surrogate-control"),
    HeaderName::from_static("surrogate-key"),
    HeaderName::from_static("timing-allow-origin"),
    HeaderName::from_static("x-cache"),
    HeaderName::from_static("x-powered-by"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-robots-tag"),
];

/// Header fields in one block.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    block: Bytes,
    /// What is made of them, where it is asked for often.
    ready: Option<Arc<HeaderMap>>,
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.block == other.block
    }
}

impl Eq for Fields {}

impl Fields {
    /// Those of a map.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use loadline_edge::fields::compact::Fields;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("etag", "\"v1\"".parse()?);
    /// headers.insert("x-mine", "a".parse()?);
    /// let fields = Fields::of(&headers);
    /// assert_eq!(fields.get(&http::header::ETAG), Some(&b"\"v1\""[..]));
    /// assert_eq!(fields.to_map(), headers);
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn of(headers: &HeaderMap) -> Self {
        let mut block = Vec::new();
        put(headers.len() as u64, &mut block);
        for (name, value) in headers {
            put_name(name, &mut block);
            put_bytes(value.as_bytes(), &mut block);
        }
        Self::from_own(Bytes::from(block.into_boxed_slice()))
    }

    /// As a map, whose values share the block.
    pub fn to_map(&self) -> HeaderMap {
        match &self.ready {
            Some(ready) => HeaderMap::clone(ready),
            None => self.read(),
        }
    }

    /// The same with its map made, so that it is only copied from then on, and how many bytes that takes about.
    pub(crate) fn made_ready(self) -> (Self, usize) {
        let map = self.read();
        // A name, a value, a hash and a place in the order for each.
        let bytes =
            size_of::<HeaderMap>() + map.capacity() * size_of::<(HeaderName, HeaderValue, [u64; 4])>();
        (Self { ready: Some(Arc::new(map)), ..self }, bytes)
    }

    fn read(&self) -> HeaderMap {
        let mut reader = Reader { rest: &self.block };
        let count = reader.number().unwrap_or_default().min(self.block.len() as u64);
        // Room for those that are added to an answer.
        let mut headers = HeaderMap::with_capacity(count as usize + 2);
        while let Some((name, value)) = field(&mut reader) {
            let value = HeaderValue::from_maybe_shared(self.block.slice_ref(value));
            if let (Some(name), Ok(value)) = (name.to_name(), value) {
                headers.append(name, value);
            }
        }
        headers
    }

    /// The first value of a field.
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        let mut reader = Reader { rest: &self.block };
        reader.number()?;
        while let Some((found, value)) = field(&mut reader) {
            if found.is(name) {
                return Some(value);
            }
        }
        None
    }

    /// How many bytes it takes.
    pub fn len(&self) -> usize {
        self.block.len()
    }

    /// Whether it takes none, as after [`Fields::default`].
    pub fn is_empty(&self) -> bool {
        self.block.is_empty()
    }

    /// The block.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.block
    }

    /// A block that was written by this, and not read since.
    pub(crate) fn from_own(block: Bytes) -> Self {
        Self { block, ready: None }
    }

    /// A block of which nobody knows who wrote it; none when it is no such block.
    pub(crate) fn from_any(block: Bytes) -> Option<Self> {
        let mut reader = Reader { rest: &block };
        let count = reader.number()?;
        for _ in 0..count {
            let (name, value) = field(&mut reader)?;
            name.to_name()?;
            HeaderValue::from_bytes(value).ok()?;
        }
        reader.rest.is_empty().then(|| Self::from_own(block))
    }
}

/// A name as it is written.
#[derive(Clone, Copy)]
pub(crate) enum Name<'b> {
    Known(&'static HeaderName),
    Other(&'b [u8]),
}

impl Name<'_> {
    fn is(self, name: &HeaderName) -> bool {
        match self {
            Self::Known(known) => known == name,
            Self::Other(written) => written == name.as_str().as_bytes(),
        }
    }

    pub(crate) fn to_name(self) -> Option<HeaderName> {
        match self {
            Self::Known(known) => Some(known.clone()),
            Self::Other(written) => HeaderName::from_lowercase(written).ok(),
        }
    }
}

/// Writes a name.
pub(crate) fn put_name(name: &HeaderName, into: &mut Vec<u8>) {
    if let Some(place) = NAMES.iter().position(|known| known == name) {
        into.push(place as u8);
    } else {
        into.push(OTHER);
        put_bytes(name.as_str().as_bytes(), into);
    }
}

/// Reads a name.
pub(crate) fn name<'b>(reader: &mut Reader<'b>) -> Option<Name<'b>> {
    match reader.byte()? {
        OTHER => reader.bytes().map(Name::Other),
        place => NAMES.get(usize::from(place)).map(Name::Known),
    }
}

fn field<'b>(reader: &mut Reader<'b>) -> Option<(Name<'b>, &'b [u8])> {
    let name = name(reader)?;
    Some((name, reader.bytes()?))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_map_comes_back(fields in vec(("(etag|vary|cache-tag|x-[a-z]{1,9}|set-cookie)", "[ -~é]{0,200}"), 0..20)) {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            let kept = Fields::of(&headers);
            prop_assert_eq!(&kept.to_map(), &headers);
            for name in headers.keys() {
                prop_assert_eq!(kept.get(name), headers.get(name).map(HeaderValue::as_bytes));
            }
            let (ready, bytes) = kept.clone().made_ready();
            prop_assert_eq!((&ready.to_map(), &ready), (&headers, &kept));
            prop_assert!(bytes >= headers.len() * size_of::<HeaderValue>());
            prop_assert_eq!(Fields::from_any(kept.block.clone()), Some(kept));
        }

        #[test]
        fn any_bytes_are_fields_or_none(bytes in vec(any::<u8>(), 0..60)) {
            let bytes = Bytes::from(bytes);
            let _ = Fields::from_own(bytes.clone()).to_map();
            if let Some(fields) = Fields::from_any(bytes) {
                let map = fields.to_map();
                prop_assert_eq!(Fields::of(&map).to_map(), map);
            }
        }
    }
}
