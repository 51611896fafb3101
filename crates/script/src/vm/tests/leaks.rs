//! What the engine's builtins forget costs memory, never the process.
//!
//! Without the check before a runtime is freed, QuickJS ends this test process by an assertion.

use std::cell::Cell;

use super::*;

/// Runs `body` in one user and lets the realm go; how many blocks of memory were left, if any.
fn left(body: &str) -> Option<u64> {
    run(async {
        let realm = realm(body);
        let left = Rc::new(Cell::new(None));
        let seen = Rc::clone(&left);
        realm.report_leaks(Rc::new(move |blocks| seen.set(Some(blocks))));
        let mut vu = user(&realm, 1);
        // Interrupted in mid-call, or not: either way all of it goes.
        let interrupt = tokio::time::sleep(Duration::from_secs(1));
        let _ = call_until(&mut vu, "1", interrupt, None).await;
        drop(vu);
        drop(realm);
        left.get()
    })
}

#[test]
fn an_ordinary_realm_leaves_nothing() {
    for body in [
        "exports.default = () => 1;",
        "exports.default = () => { const all = []; for (let i = 0; i < 1000; i++) all.push({ all, i, s: Symbol(`${i}`) }); return 1; };",
        "exports.default = () => { globalThis.kept = [new Map([[{}, 1]]), /x/g, new Uint8Array(9), new Proxy({}, {}), 10n ** 40n]; throw new Error('x'); };",
        "exports.default = () => { for (;;) wait(100); };",
        "const r = new FinalizationRegistry(() => note('finalized')); exports.default = () => { for (let i = 0; i < 9; i++) r.register({}, i); r.register(globalThis, r); };",
    ] {
        assert_eq!(left(body), None, "{body}");
    }
}

#[test]
fn jobs_that_never_ran_leave_nothing() {
    for body in [
        "exports.default = async () => { for (;;) await later(100); };",
        "exports.default = () => { const p = Promise.resolve({ then(f) { note('ran'); f(); } }); p.then(() => note('ran')); Promise.all([p, p]).finally(() => note('ran')); for (;;) wait(100); };",
        "exports.default = () => { async function f() { await 0; note('ran'); } f(); async function* g() { yield 1; } (async () => { for await (const x of g()) note('ran'); })(); for (;;) wait(100); };",
        "exports.default = () => { const bad = Promise.reject(new Error('x')); bad.catch(() => note('ran')).then(() => note('ran')); Array.fromAsync([1, bad], () => note('ran')); for (;;) wait(100); };",
    ] {
        assert_eq!(left(body), None, "{body}");
    }
}

#[test]
fn an_endless_chain_of_jobs_ends_with_its_realm() {
    let body = "const spin = () => { Promise.resolve().then(spin); }; exports.default = () => { spin(); for (;;) wait(100); };";
    assert_eq!(left(body), None);
}

/// Builtins that forget an object in some version of the engine, or forgot one once.
#[test]
fn what_a_builtin_forgets_does_not_end_the_process() {
    let bodies = [
        "new Set([{}]).union(new Set());",
        "new Set([{}]).symmetricDifference(new Set());",
        "new Set([{}]).intersection(new Set([{}]));",
        "new Set([{}]).difference(new Set());",
        "[{}, {}].values().filter((x) => false).next();",
        "try { [{}].values().filter(() => { throw 1; }).next(); } catch {}",
        "try { [{}].values().map(() => { throw 1; }).next(); } catch {}",
        "Error.prepareStackTrace = {}; try { null.x; } catch {}",
        "Error.stackTraceLimit = {}; Error.stackTraceLimit = 10;",
        "const w = new WeakMap(); for (let i = 0; i < 100; i++) { const s = Symbol('s'); w.set(s, { s, w }); new WeakRef(s); }",
    ];
    let mut forgot = 0;
    for body in bodies {
        let blocks = left(&format!("exports.default = () => {{ {body} return 1; }};"));
        forgot += usize::from(blocks.is_some());
    }
    assert!(forgot > 0, "the engine forgets nothing any more: find a body that shows what is tested here");
}
