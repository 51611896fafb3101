//! Request bodies: text as it is, bytes, forms, and files.

use std::rc::Rc;

use bytes::Bytes;
use rquickjs::{Array, Coerced, Ctx, Exception, Object, Value};

use super::super::encoding::{buffer_bytes, bytes_of, text_of};
use super::super::state::vu;
use crate::vm::Handle;

/// A body and the `Content-Type` it has unless the request says otherwise.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) content_type: Option<String>,
}

/// A part of a multipart form that `http.file` made.
struct FilePart {
    bytes: Vec<u8>,
    name: String,
    content_type: String,
}

/// A body as a script gives it.
///
/// # Errors
/// Throws for values that can't be a body.
pub(super) fn read<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Body> {
    let plain = |bytes: Vec<u8>| Body { bytes: bytes.into(), content_type: None };
    if value.is_undefined() || value.is_null() {
        return Ok(plain(Vec::new()));
    }
    if let Some(text) = value.as_string() {
        return Ok(plain(text_of(ctx, text)?.into_bytes()));
    }
    if let Some(bytes) = buffer_bytes(value) {
        return Ok(plain(bytes));
    }
    match value.as_object() {
        Some(object) if !object.is_function() && !object.is_array() => form(ctx, object),
        _ => {
            let message = format!(
                "a request body is a string, an ArrayBuffer, an object of form fields or null, not {}",
                value.type_name()
            );
            Err(Exception::throw_type(ctx, &message))
        }
    }
}

/// A form. Apart, to keep the stack of other requests shallow.
#[inline(never)]
fn form<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<Body> {
    let mut fields: Vec<(String, Value<'js>)> = object.props().collect::<rquickjs::Result<_>>()?;
    if fields.iter().any(|(_, value)| file_of(value).is_some()) {
        return multipart(ctx, &fields);
    }
    // As Go's url.Values writes them, so that signatures computed for k6 stay right.
    fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    let mut text = String::new();
    for (name, value) in &fields {
        for value in texts(ctx, name, value)? {
            if !text.is_empty() {
                text.push('&');
            }
            escape(&mut text, name);
            text.push('=');
            escape(&mut text, &value);
        }
    }
    let content_type = Some("application/x-www-form-urlencoded".to_owned());
    Ok(Body { bytes: text.into(), content_type })
}

/// Adds `part` as Go's `url.QueryEscape` writes it, which is not quite how browsers do: `~` stays and `*` does not.
fn escape(text: &mut String, part: &str) {
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(byte.into()),
            b' ' => text.push('+'),
            _ => {
                text.push('%');
                for digit in [byte >> 4, byte & 15] {
                    text.push(char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
    }
}

/// The texts of a field: one, or one for each element of an array; nothing is the empty text.
///
/// # Errors
/// Throws for what has no text of its own: it would go out as `[object Object]`.
fn texts(ctx: &Ctx<'_>, field: &str, value: &Value<'_>) -> rquickjs::Result<Vec<String>> {
    let one = |value: &Value<'_>, place: &dyn Fn() -> String| {
        if value.is_undefined() || value.is_null() {
            return Ok(String::new());
        }
        let text = if value.is_array() || value.is_function() {
            None
        } else {
            Some(value.get::<Coerced<String>>()?.0)
        };
        match text {
            Some(text) if !(value.is_object() && text.starts_with("[object ")) => Ok(text),
            _ => {
                let kind = if value.is_function() {
                    "a function"
                } else if value.is_array() {
                    "a list"
                } else {
                    "an object"
                };
                let message = format!(
                    "the form field `{}` is {kind}, and a form has no nested values: write `JSON.stringify(…)`, \
                     or a field for each value",
                    place()
                );
                Err(Exception::throw_type(ctx, &message))
            }
        }
    };
    match value.as_array() {
        Some(array) => {
            let items = array.iter::<Value<'_>>().enumerate();
            items.map(|(index, item)| one(&item?, &|| format!("{field}[{index}]"))).collect()
        }
        None => Ok(vec![one(value, &|| field.to_owned())?]),
    }
}

/// RFC 7578.
fn multipart<'js>(ctx: &Ctx<'js>, fields: &[(String, Value<'js>)]) -> rquickjs::Result<Body> {
    let vu = vu(ctx)?;
    let number = vu.http.files.get();
    vu.http.files.set(number + 1);
    let boundary = format!("loadline-{:x}-{number:x}-7d4a1fc2b95e", vu.id());
    let mut bytes = Vec::new();
    let mut part = |disposition: String, content_type: Option<&str>, content: &[u8]| {
        bytes.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n").as_bytes(),
        );
        if let Some(content_type) = content_type {
            bytes.extend_from_slice(format!("Content-Type: {content_type}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\r\n");
    };
    for (field, value) in fields {
        let name = quoted(field);
        let items = match value.as_array() {
            Some(array) => array.iter::<Value<'_>>().collect::<rquickjs::Result<Vec<_>>>()?,
            None => vec![value.clone()],
        };
        for item in items {
            if let Some(file) = file_of(&item) {
                let disposition = format!("name=\"{name}\"; filename=\"{}\"", quoted(&file.name));
                part(disposition, Some(&file.content_type), &file.bytes);
            } else {
                for text in texts(ctx, field, &item)? {
                    part(format!("name=\"{name}\""), None, text.as_bytes());
                }
            }
        }
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Body { bytes: bytes.into(), content_type: Some(format!("multipart/form-data; boundary={boundary}")) })
}

fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn file_of(value: &Value<'_>) -> Option<Rc<FilePart>> {
    let direct = value.as_object().and_then(Handle::get::<FilePart>);
    direct.or_else(|| {
        let array: &Array<'_> = value.as_array()?;
        array
            .iter::<Value<'_>>()
            .flatten()
            .find_map(|item| item.as_object().and_then(Handle::get::<FilePart>))
    })
}

/// `http.file`.
pub(super) fn file<'js>(
    ctx: Ctx<'js>,
    data: Value<'js>,
    name: String,
    content_type: String,
    prototype: Object<'js>,
) -> rquickjs::Result<Object<'js>> {
    let bytes = bytes_of(&ctx, &data)?;
    Handle::object(prototype, Rc::new(FilePart { bytes, name, content_type }))
}

/// A name for a file that has none.
pub(super) fn file_name(ctx: Ctx<'_>) -> rquickjs::Result<String> {
    let vu = vu(&ctx)?;
    let number = vu.http.files.get();
    vu.http.files.set(number + 1);
    Ok(format!("file-{}-{number}", vu.id()))
}

/// Bytes as text; what is not UTF-8 becomes U+FFFD.
pub(super) fn text<'js>(ctx: Ctx<'js>, value: Value<'js>) -> rquickjs::Result<String> {
    Ok(String::from_utf8_lossy(&bytes_of(&ctx, &value)?).into_owned())
}
