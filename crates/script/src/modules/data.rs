//! Module `k6/data`: arrays that all users of the process share.
//!
//! The elements are kept as JSON text, once. Reading one makes a frozen value of it, so nobody can change what
//! another sees.

use rquickjs::{Ctx, Exception};

use super::kept::Items;
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
        let put = vu(&ctx)?.worker.process.kept.put_array(name.clone(), items);
        put.map_err(|why| Exception::throw_range(&ctx, &format!("SharedArray `{name}` is too large: {why}")))
    })?;
    natives.add("most", |ctx: Ctx<'_>| {
        rquickjs::Result::Ok(vu(&ctx)?.worker.process.kept.most_elements() as f64)
    })?;
    natives.add("length", |ctx: Ctx<'_>, name: String| {
        rquickjs::Result::Ok(find(&ctx, &name)?.map_or(0, |items| items.len()))
    })?;
    natives.add("at", |ctx: Ctx<'_>, name: String, index: usize| {
        let items = find(&ctx, &name)?;
        rquickjs::Result::Ok(items.and_then(|items| items.get(index).map(std::string::ToString::to_string)))
    })
}

fn find(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<Option<Items>> {
    Ok(vu(ctx)?.worker.process.kept.array(name))
}
