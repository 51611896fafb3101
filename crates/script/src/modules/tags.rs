//! Tags given by scripts, and a list of tags that needs no allocation.

use rquickjs::{Ctx, Exception, FromJs, Value};

/// Room for tags without an allocation: all default tags and a dozen of the user's.
const INLINE: usize = 24;

/// Pairs to extend a tag set with.
pub(crate) struct TagList<'a> {
    inline: [(&'a str, &'a str); INLINE],
    count: usize,
    longer: Vec<(&'a str, &'a str)>,
}

impl<'a> TagList<'a> {
    pub(crate) fn new() -> TagList<'a> {
        TagList { inline: [("", ""); INLINE], count: 0, longer: Vec::new() }
    }

    pub(crate) fn push(&mut self, key: &'a str, value: &'a str) {
        if self.count < INLINE {
            self.inline[self.count] = (key, value);
        } else {
            if self.count == INLINE {
                self.longer.extend_from_slice(&self.inline);
            }
            self.longer.push((key, value));
        }
        self.count += 1;
    }

    pub(crate) fn extend(&mut self, tags: &'a [(String, String)]) {
        for (key, value) in tags {
            self.push(key, value);
        }
    }

    pub(crate) fn as_slice(&self) -> &[(&'a str, &'a str)] {
        if self.count <= INLINE { &self.inline[..self.count] } else { &self.longer }
    }
}

/// The tags that a script gives with a call: a plain object with strings, numbers or booleans; nothing is no tag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags(pub(crate) Vec<(String, String)>);

impl<'js> FromJs<'js> for Tags {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Tags> {
        if value.is_undefined() || value.is_null() {
            return Ok(Tags::default());
        }
        let Some(object) = value.as_object() else {
            return Err(Exception::throw_type(ctx, "tags must be an object such as `{ page: 'home' }`"));
        };
        let mut tags = Vec::with_capacity(object.len());
        for pair in object.props::<String, Value<'js>>() {
            let (key, value) = pair?;
            let value = tag_value(ctx, &key, &value)?;
            tags.push((key, value));
        }
        Ok(Tags(tags))
    }
}

/// One tag's value as text.
///
/// # Errors
/// Throws when it is an object, a function, `null` or `undefined`.
pub(crate) fn tag_value<'js>(ctx: &Ctx<'js>, key: &str, value: &Value<'js>) -> rquickjs::Result<String> {
    if let Some(text) = value.as_string() {
        return text.to_string();
    }
    if value.is_number() || value.is_bool() {
        return Ok(value.get::<rquickjs::Coerced<String>>()?.0);
    }
    let message = format!("tag `{key}` must be a string, a number or a boolean, not {}", value.type_name());
    Err(Exception::throw_type(ctx, &message))
}
