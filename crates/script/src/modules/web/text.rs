//! `TextEncoder` and `TextDecoder`, by the WHATWG's Encoding Standard, for UTF-8 and UTF-16.

use rquickjs::{Array, ArrayBuffer, Ctx, Exception, Value};

use super::super::encoding::{bytes_of, text_of};
use super::super::registry::{Definition, Natives};
use crate::vm;

pub(super) const GLOBALS: Definition = Definition {
    name: "text encoding",
    exports: &["TextEncoder", "TextDecoder"],
    script: include_str!("text.js"),
    natives,
};

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("encode", encode)?;
    natives.add("decode", decode)
}

fn encode<'js>(ctx: Ctx<'js>, text: rquickjs::String<'js>) -> rquickjs::Result<Value<'js>> {
    let bytes = text_of(&ctx, &text)?.into_bytes();
    Ok(ArrayBuffer::new(ctx, bytes)?.into_value())
}

/// Text of UTF-8, and how many bytes at the end are the beginning of a character that may go on in the next piece.
fn decode<'js>(ctx: Ctx<'js>, bytes: Value<'js>, fatal: bool, goes_on: bool) -> rquickjs::Result<Array<'js>> {
    let bytes = bytes_of(&ctx, &bytes)?;
    let open = if goes_on { open_end(&bytes) } else { 0 };
    let whole = &bytes[..bytes.len() - open];
    if fatal && std::str::from_utf8(whole).is_err() {
        return Err(Exception::throw_type(&ctx, "the bytes are not UTF-8"));
    }
    let list = vm::list_of(&ctx, [String::from_utf8_lossy(whole).into_owned()])?;
    vm::define(list.as_object(), 1, open as f64)?;
    Ok(list)
}

/// How many bytes at the end begin a character and do not finish it.
fn open_end(bytes: &[u8]) -> usize {
    (1..=bytes.len().min(3))
        .find(|&count| {
            let tail = &bytes[bytes.len() - count..];
            tail[0] >= 0xc0 && std::str::from_utf8(tail).is_err_and(|error| error.error_len().is_none())
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::open_end;

    proptest! {
        /// Cutting text anywhere and decoding the pieces gives the text.
        #[test]
        fn pieces_are_the_whole(text in "\\PC{0,20}", cut in 0..80_usize) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let open = open_end(first);
            let (whole, rest) = first.split_at(first.len() - open);
            prop_assert!(std::str::from_utf8(whole).is_ok());
            prop_assert_eq!([whole, rest, second].concat(), bytes);
        }

        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            prop_assert!(open_end(&bytes) < 4);
        }
    }
}
