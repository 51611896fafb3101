//! Calls with more arguments than the engine passes.
//!
//! QuickJS passes 65,534 at most; other engines pass hundreds of thousands, and scripts rely on it:
//! `list.push(...rows)`, `Math.max(...times)`, `String.fromCharCode.apply(null, bytes)`. `calls.js` makes such a call
//! in pieces where the function is one of the language's for which that is the same. The compiler sends spread calls
//! of these names its way (`$link.many`); a function of the script's own is told what the limit is.

use super::registry::{Definition, Natives};

pub(super) const GLOBALS: Definition =
    Definition { name: "calls", exports: &[], script: include_str!("calls.js"), natives };

#[expect(clippy::unnecessary_wraps, reason = "the natives of a definition may fail; this one has none")]
fn natives(_: &Natives<'_>) -> rquickjs::Result<()> {
    Ok(())
}
