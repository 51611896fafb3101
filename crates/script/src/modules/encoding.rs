//! Module `k6/encoding`: base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, IntoJs, Value};

use super::log::{Level, Source};
use super::registry::{Definition, Natives};
use super::state::vu;
use crate::vm::copy_bytes;

pub(super) const MODULE: Definition = Definition {
    name: "k6/encoding",
    exports: &["b64encode", "b64decode"],
    script: include_str!("encoding.js"),
    natives,
};

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("encode", encode)?;
    natives.add("decode", decode)
}

fn encode<'js>(ctx: Ctx<'js>, input: Value<'js>, encoding: String) -> rquickjs::Result<String> {
    let bytes = bytes_of(&ctx, &input)?;
    Ok(alphabet(&ctx, &encoding)?.encode(bytes))
}

/// As Go's decoder, and so k6's, which is no stricter than needed about the last bits.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const UNPADDED: GeneralPurposeConfig =
    LENIENT.with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const STANDARD_RAW: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, UNPADDED);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const URL_RAW: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, UNPADDED);

/// k6 takes any other name for `std`; that is told, because it is seldom what was meant.
fn alphabet(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<&'static GeneralPurpose> {
    Ok(match name {
        "std" | "" => &STANDARD,
        "rawstd" => &STANDARD_RAW,
        "url" => &URL,
        "rawurl" => &URL_RAW,
        _ => {
            let message = format!(
                "there is no base64 encoding `{name}`, so `std` is taken: use `std`, `rawstd`, `url` or `rawurl`"
            );
            vu(ctx)?.log(Level::Warn, Source::Engine, &message);
            &STANDARD
        }
    })
}

fn decode<'js>(
    ctx: Ctx<'js>,
    input: rquickjs::String<'js>,
    encoding: String,
    as_text: bool,
) -> rquickjs::Result<Value<'js>> {
    let mut input = text_of(&ctx, &input)?;
    // Lines are broken in many a file, and count for nothing.
    input.retain(|character| !matches!(character, '\r' | '\n'));
    let bytes = alphabet(&ctx, &encoding)?.decode(&input).map_err(|error| {
        Exception::throw_message(&ctx, &format!("not valid base64 (`{encoding}`): {error}"))
    })?;
    if as_text {
        String::from_utf8_lossy(&bytes).into_js(&ctx)
    } else {
        Ok(ArrayBuffer::new(ctx, bytes)?.into_value())
    }
}

/// The bytes of a string (UTF-8), an `ArrayBuffer` or a view of one.
///
/// # Errors
/// Throws for anything else.
pub(super) fn bytes_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Vec<u8>> {
    if let Some(text) = value.as_string() {
        return Ok(text_of(ctx, text)?.into_bytes());
    }
    if let Some(bytes) = buffer_bytes(value) {
        return Ok(bytes);
    }
    let message = format!("expected a string, an ArrayBuffer or a view of one, not {}", value.type_name());
    Err(Exception::throw_type(ctx, &message))
}

/// A text; half a surrogate pair becomes U+FFFD, as wherever JavaScript's strings become bytes.
///
/// # Errors
/// Without memory.
pub(super) fn text_of<'js>(ctx: &Ctx<'js>, text: &rquickjs::String<'js>) -> rquickjs::Result<String> {
    if let Ok(text) = text.to_string() {
        return Ok(text);
    }
    let repair: Function<'js> = ctx.eval("(text) => text.toWellFormed()")?;
    repair.call((text.clone(),))
}

/// The bytes of an `ArrayBuffer` or of a view of one; `None` for anything else.
pub(crate) fn buffer_bytes(value: &Value<'_>) -> Option<Vec<u8>> {
    let object = value.as_object()?;
    if let Some(buffer) = object.as_array_buffer() {
        return copy_bytes(buffer, 0, buffer.len());
    }
    let whole: rquickjs::Object<'_> = object.get("buffer").ok()?;
    let whole = whole.as_array_buffer()?;
    let offset: usize = object.get("byteOffset").ok()?;
    let length: usize = object.get("byteLength").ok()?;
    copy_bytes(whole, offset, length)
}
