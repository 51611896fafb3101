//! Module `k6/data`: arrays that all users of the process share.
//!
//! The elements are kept as JSON text, once. Reading one makes a frozen value of it, so nobody can change what
//! another sees.

use std::sync::{Arc, PoisonError};

use rquickjs::{Ctx, Exception};

use super::registry::{Definition, Natives};
use super::state::vu;
use crate::vm;

pub(super) const MODULE: Definition =
    Definition { name: "k6/data", exports: &["SharedArray"], script: include_str!("data.js"), natives };

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("has", |ctx: Ctx<'_>, name: String| {
        if vm::may_block() {
            return Err(Exception::throw_message(
                &ctx,
                "a SharedArray must be made in init code, outside of functions",
            ));
        }
        Ok(find(&ctx, &name)?.is_some())
    })?;
    natives.add("put", |ctx: Ctx<'_>, name: String, items: Vec<String>| {
        let vu = vu(&ctx)?;
        let mut arrays = vu.worker.process.shared_arrays.lock().unwrap_or_else(PoisonError::into_inner);
        arrays.entry(name).or_insert_with(|| items.into_iter().map(String::into_boxed_str).collect());
        rquickjs::Result::Ok(())
    })?;
    natives.add("length", |ctx: Ctx<'_>, name: String| {
        rquickjs::Result::Ok(find(&ctx, &name)?.map_or(0, |items| items.len()))
    })?;
    natives.add("at", |ctx: Ctx<'_>, name: String, index: usize| {
        let items = find(&ctx, &name)?;
        rquickjs::Result::Ok(items.and_then(|items| items.get(index).map(std::string::ToString::to_string)))
    })
}

fn find(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<Option<Arc<[Box<str>]>>> {
    let vu = vu(ctx)?;
    let arrays = vu.worker.process.shared_arrays.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(arrays.get(name).map(Arc::clone))
}
