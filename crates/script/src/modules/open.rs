//! The global `open`: files that a script reads in its init code, relative to the file that asks.
//!
//! A file is read once for the whole process. Binary contents are shared by all users, as read-only buffers; a text
//! is a value of JavaScript and so belongs to a realm, whose users share it.

use std::path::Path;

use rquickjs::{ArrayBuffer, Ctx, Exception, IntoJs, Value};

use super::registry::{Definition, Natives};
use super::state::vu;
use crate::vm;

pub(super) const GLOBALS: Definition =
    Definition { name: "open", exports: &["open"], script: include_str!("open.js"), natives };

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("open", open)?;
    natives.add("keeps", |ctx: Ctx<'_>| {
        init_only(&ctx)?;
        Ok::<_, rquickjs::Error>(vu(&ctx)?.worker.keeps_texts.get())
    })
}

fn open(ctx: Ctx<'_>, path: String, binary: bool, folder: String) -> rquickjs::Result<Value<'_>> {
    init_only(&ctx)?;
    let full = Path::new(&folder).join(path.strip_prefix("file://").unwrap_or(&path));
    let bytes = vu(&ctx)?.worker.process.kept.file(&full).map_err(|error| {
        Exception::throw_message(&ctx, &format!("could not open `{}`: {error}", full.display()))
    })?;
    if binary {
        return Ok(ArrayBuffer::from_source_immutable(ctx, bytes)?.into_value());
    }
    String::from_utf8_lossy(&bytes).into_js(&ctx)
}

fn init_only(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    if vm::may_block() {
        return Err(Exception::throw_message(
            ctx,
            "`open` is for init code: open the file outside of functions, and keep its content in a variable",
        ));
    }
    Ok(())
}
