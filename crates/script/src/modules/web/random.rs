//! The global `crypto`: random bytes and UUIDs. `crypto.subtle` is not there.

use rand::Rng as _;
use rquickjs::{ArrayBuffer, Ctx, Value};

use super::super::registry::{Definition, Natives};

pub(super) const GLOBALS: Definition =
    Definition { name: "crypto", exports: &["crypto"], script: include_str!("random.js"), natives };

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("bytes", bytes)
}

fn bytes(ctx: Ctx<'_>, count: u32) -> rquickjs::Result<Value<'_>> {
    let mut bytes = vec![0; count as usize];
    rand::rng().fill_bytes(&mut bytes);
    Ok(ArrayBuffer::new(ctx, bytes)?.into_value())
}
