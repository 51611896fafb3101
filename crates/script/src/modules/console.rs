//! The global `console`.

use rquickjs::Ctx;

use super::log::{Level, Source};
use super::registry::{Definition, Natives};
use super::state::vu;
use crate::vm;

pub(super) const GLOBALS: Definition =
    Definition { name: "console", exports: &["console"], script: include_str!("console.js"), natives };

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("log", |ctx: Ctx<'_>, level: u32, message: String| {
        let level = match level {
            0 => Level::Debug,
            1 => Level::Info,
            2 => Level::Warn,
            _ => Level::Error,
        };
        vu(&ctx)?.log(level, Source::Console, &message);
        rquickjs::Result::Ok(())
    })?;
    natives.add("stack", |stack: String| vm::shown_stack(&stack))
}
