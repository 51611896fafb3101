//! The global `open`: files that a script reads in its init code, relative to the file that asks.
//!
//! A file is read once for the whole process; binary contents are shared by all users, as read-only buffers.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use rquickjs::{ArrayBuffer, Ctx, Exception, IntoJs, Value};

use super::registry::{Definition, Natives};
use super::state::vu;
use crate::vm;

pub(super) const GLOBALS: Definition =
    Definition { name: "open", exports: &["open"], script: include_str!("open.js"), natives };

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("open", open)
}

fn open(ctx: Ctx<'_>, path: String, binary: bool, folder: String) -> rquickjs::Result<Value<'_>> {
    if vm::may_block() {
        return Err(Exception::throw_message(
            &ctx,
            "`open` is for init code: open the file outside of functions, and keep its content in a variable",
        ));
    }
    let full = Path::new(&folder).join(path.strip_prefix("file://").unwrap_or(&path));
    let bytes = read(&ctx, &full)?;
    if binary {
        return Ok(ArrayBuffer::from_source_immutable(ctx, bytes)?.into_value());
    }
    String::from_utf8_lossy(&bytes).into_js(&ctx)
}

fn read(ctx: &Ctx<'_>, path: &PathBuf) -> rquickjs::Result<Arc<[u8]>> {
    let vu = vu(ctx)?;
    let mut files = vu.worker.process.files.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = files.get(path) {
        return Ok(Arc::clone(bytes));
    }
    let bytes: Arc<[u8]> = std::fs::read(path)
        .map_err(|error| {
            Exception::throw_message(ctx, &format!("could not open `{}`: {error}", path.display()))
        })?
        .into();
    files.insert(path.clone(), Arc::clone(&bytes));
    Ok(bytes)
}
