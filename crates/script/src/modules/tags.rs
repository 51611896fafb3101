//! Tags given by scripts.

use rquickjs::{Ctx, Exception, FromJs, Value};

/// The tags that a script gives with a call: a plain object with strings, numbers or booleans; nothing is no tag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags(pub(crate) Vec<(String, String)>);

impl Tags {
    /// Their keys and values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

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
