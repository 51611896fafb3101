//! Local time as ECMA-262 has it, where clocks change.
//!
//! QuickJS turns a local reading into a moment with the offset that holds when the reading is taken for UTC. On a day
//! on which clocks change it is therefore an hour off, for as many hours as the zone is from UTC: in Berlin
//! `new Date(2026, 2, 29, 1, 30)` became 00:30, in New York it is five hours. What goes the other way, from a moment to
//! a reading, is right. `dates.js` therefore takes the way from readings to moments over, by the rule of ECMA-262
//! (21.4.1.26, UTC(t)): a reading that clocks skip, and the first of two, are taken by the offset before the change. In
//! a zone whose clocks never change, `Date` stays the engine's own.

use std::sync::OnceLock;

use rquickjs::{Ctx, Function};

use super::registry::{Definition, Natives};

pub(super) const GLOBALS: Definition =
    Definition { name: "dates", exports: &["Date"], script: include_str!("dates.js"), natives };

/// Looks at the offset in steps of a fortnight, from 1970 to 2038.
const SHIFTS: &str = "(function () {
  const first = new Date(0).getTimezoneOffset();
  for (let at = 0; at < 2 ** 41; at += 12096e5) if (new Date(at).getTimezoneOffset() !== first) return true;
  return false;
})";

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("shifts", shifts)
}

/// Whether clocks ever change here; looked up once for all realms.
fn shifts(ctx: Ctx<'_>) -> rquickjs::Result<bool> {
    static SHIFTING: OnceLock<bool> = OnceLock::new();
    if let Some(known) = SHIFTING.get() {
        return Ok(*known);
    }
    let look: Function<'_> = ctx.eval(SHIFTS)?;
    let found: bool = look.call(())?;
    Ok(*SHIFTING.get_or_init(|| found))
}
