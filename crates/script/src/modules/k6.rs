//! Module `k6`: check, group, sleep, fail, randomSeed.

use std::time::Duration;

use loadline_measure::TagList;
use rquickjs::{Coerced, Ctx, Exception, FromJs, Value};
use tokio::time::Instant;

use super::registry::{Definition, Natives};
use super::state::{VuState, vu};
use super::tags::Tags;
use crate::vm::{self, Call, Operation};

pub(super) const MODULE: Definition = Definition {
    name: "k6",
    exports: &["check", "group", "sleep", "fail", "randomSeed"],
    script: include_str!("k6.js"),
    natives,
};

/// The longest sleep: longer ones are slips of the keyboard, and the timer must not overflow.
const LONGEST_SLEEP_S: f64 = 365.0 * 24.0 * 3600.0;

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add_plain("check", check)?;
    natives.add("enter", enter)?;
    natives.add("leave", leave)?;
    natives.add("sleep", sleep)?;
    natives.add("awake", |ctx: Ctx<'_>| vm::check_stop(&ctx))?;
    natives.add("seed", seed)?;
    natives.add("random", random)
}

/// `check(value, tests, tags)`: runs each test on the value and records whether it passed; whether all did.
///
/// What a test throws counts as a failure of its check, and goes on to the script.
fn check(call: &Call<'_, '_>) -> rquickjs::Result<bool> {
    let ctx = call.ctx();
    let (value, tests, tags) = (call.argument(0), call.argument(1), call.argument(2));
    let Some(tests) = tests.as_object().filter(|tests| !tests.is_function()) else {
        return Err(Exception::throw_type(
            ctx,
            "check needs an object of tests, such as `{ 'status is 200': (r) => r.status === 200 }`",
        ));
    };
    refuse_in_init(ctx, "check")?;
    let vu = vu(ctx)?;
    let mut all = true;
    vm::each_entry(ctx, tests, |name, test| {
        refuse_path(ctx, name)?;
        match test.and_then(|test| passes(ctx, name, &test, &value)) {
            Ok(passed) => {
                all &= passed;
                record_check(&vu, name, passed, &tags)
            }
            // What it throws then is no doing of the test.
            Err(error) if vm::is_stopped() => Err(error),
            Err(error) => {
                // Taken out of QuickJS meanwhile, because to read tags may run the script's own code.
                let thrown = error.is_exception().then(|| ctx.catch());
                record_check(&vu, name, false, &tags)?;
                Err(thrown.map_or(error, |thrown| ctx.throw(thrown)))
            }
        }
    })?;
    Ok(all)
}

/// Refuses what records something in init code, which runs before the test starts, once for each user and once more.
pub(super) fn refuse_in_init(ctx: &Ctx<'_>, what: &str) -> rquickjs::Result<()> {
    if vm::may_block() {
        return Ok(());
    }
    let message = format!(
        "{what} is not possible in init code, which runs before the test: call it in the function that iterates, or in setup()"
    );
    Err(Exception::throw_message(ctx, &message))
}

/// Whether a test, a function or a value, says yes.
fn passes<'js>(ctx: &Ctx<'js>, name: &str, test: &Value<'js>, value: &Value<'js>) -> rquickjs::Result<bool> {
    let result = if test.is_function() { vm::call_with(ctx, test, value)? } else { test.clone() };
    if let Some(result) = result.as_bool() {
        return Ok(result);
    }
    if result.is_promise() {
        let message =
            format!("check `{name}` returned a promise, which would always pass: await it before the check");
        return Err(Exception::throw_type(ctx, &message));
    }
    Ok(result.get::<Coerced<bool>>()?.0)
}

fn record_check(vu: &VuState, name: &str, passed: bool, tags: &Value<'_>) -> rquickjs::Result<()> {
    let process = &vu.worker.process;
    let (metric, value) = (process.builtin.checks, f64::from(u8::from(passed)));
    let named = [("check", name)];
    let named = if process.system_tags.check { &named[..] } else { &[] };
    if tags.is_undefined() {
        vu.record(metric, value, named);
        return Ok(());
    }
    let tags = Tags::from_js(tags.ctx(), tags.clone())?;
    let mut list = TagList::new();
    for (key, value) in named {
        list.push(key, value);
    }
    list.extend(tags.pairs());
    vu.record(metric, value, list.as_slice());
    Ok(())
}

/// Refuses names that look like the path of a group.
fn refuse_path(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<()> {
    if name.contains("::") {
        let message = format!("group and check names may not contain `::`, and `{name}` does");
        return Err(Exception::throw_message(ctx, &message));
    }
    Ok(())
}

/// Enters a group; returns milliseconds on a clock of the process, for [`leave`].
fn enter(ctx: Ctx<'_>, name: String) -> rquickjs::Result<f64> {
    refuse_path(&ctx, &name)?;
    refuse_in_init(&ctx, "group")?;
    let vu = vu(&ctx)?;
    {
        let mut group = vu.group.borrow_mut();
        group.push_str("::");
        group.push_str(&name);
    }
    vu.refresh_tags();
    Ok(now_ms())
}

fn leave(ctx: Ctx<'_>, began_ms: f64) -> rquickjs::Result<()> {
    let vu = vu(&ctx)?;
    vu.record(vu.worker.process.builtin.group_duration, now_ms() - began_ms, &[]);
    {
        let mut group = vu.group.borrow_mut();
        let outer = group.rfind("::").unwrap_or(0);
        group.truncate(outer);
    }
    vu.refresh_tags();
    Ok(())
}

fn sleep(ctx: Ctx<'_>, seconds: Coerced<f64>) -> rquickjs::Result<()> {
    let seconds = seconds.0;
    let seconds = if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, LONGEST_SLEEP_S) };
    vm::block_on(&ctx, Operation::Sleep(Duration::from_secs_f64(seconds)))
}

fn seed(ctx: Ctx<'_>, seed: Coerced<f64>) -> rquickjs::Result<()> {
    // What is no number is 0, as in k6.
    let seed = seed.0;
    // SplitMix64's state may be anything; 0 is kept to mean "not seeded".
    vu(&ctx)?.random.set((seed as i64 as u64) | 1 << 63);
    Ok(())
}

/// The next number of the user's seeded generator, from 0 to below 1; −1 when it has none.
fn random(ctx: Ctx<'_>) -> rquickjs::Result<f64> {
    let vu = vu(&ctx)?;
    let state = vu.random.get();
    if state == 0 {
        return Ok(-1.0);
    }
    // SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15).max(1);
    vu.random.set(state);
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    Ok((mixed >> 11) as f64 / (1_u64 << 53) as f64)
}

/// Milliseconds since the first question of this thread.
fn now_ms() -> f64 {
    thread_local! {
        static START: Instant = Instant::now();
    }
    START.with(Instant::elapsed).as_secs_f64() * 1000.0
}
