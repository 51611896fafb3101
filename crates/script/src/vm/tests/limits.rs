//! Scripts that go too far: endless recursion, endless loops, endless memory. Each test runs with the user alone in its
//! realm and with others beside it, who must notice nothing.

use super::*;

/// A realm with these settings, the user under test, and one beside it when `company` says so.
fn pair(body: &str, settings: &RealmSettings, company: bool) -> (Vu, Option<Vu>) {
    let realm = Realm::new(script(body), settings, install).unwrap();
    let other = company.then(|| user(&realm, 2));
    (user(&realm, 1), other)
}

/// The other user still does what it should, when its argument is 0.
async fn unharmed(other: Option<Vu>) {
    if let Some(mut other) = other {
        assert_eq!(call(&mut other, "0").await.unwrap(), r#""fine""#);
    }
}

/// What the default function returns when it is called with 1, for a user alone and for one with company.
#[track_caller]
fn check(body: &str, expected: &str) {
    for company in [false, true] {
        run(async {
            let (mut vu, other) = pair(body, &RealmSettings::default(), company);
            let result = call(&mut vu, "1").await.unwrap_or_else(|error| error.to_string());
            assert_eq!(result, expected, "company: {company}");
            unharmed(other).await;
            assert_eq!(call(&mut vu, "0").await.unwrap(), r#""fine""#);
        });
    }
}

#[test]
fn endless_recursion_is_an_exception_at_any_depth_of_suspension() {
    run(async {
        let realm = realm(
            "let depth = 0; function down() { depth++; return down() + 1; }
             function first(n) { if (n > 0) return first(n - 1); wait(0); down(); }
             exports.default = (x) => { depth = 0; try { first(x); } catch (e) { return [e.name, e.message, depth > 200]; } };",
        );
        let mut vu = user(&realm, 1);
        assert_eq!(
            call(&mut vu, "0").await.unwrap(),
            r#"["RangeError","Maximum call stack size exceeded",true]"#
        );
        assert_eq!(
            call(&mut vu, "100").await.unwrap(),
            r#"["RangeError","Maximum call stack size exceeded",true]"#
        );
    });
}

#[test]
fn a_loop_without_waits_ends_at_its_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let realm = realm("exports.default = () => { for (;;) try { for (;;); } catch (e) {} };");
        let mut vu = user(&realm, 1);
        let limit = Duration::from_millis(50);
        assert_eq!(
            call_until(&mut vu, "1", pending(), Some(limit)).await,
            Err(CallError::TimedOut { limit })
        );
    });
}

#[test]
fn a_loop_without_waits_ends_when_the_watch_says_so() {
    run(async {
        let realm = realm("exports.default = () => { for (;;) try { for (;;); } catch (e) {} };");
        let mut vu = user(&realm, 1);
        let asked = std::cell::Cell::new(0);
        vu.watch(move || asked.replace(asked.get() + 1) > 3);
        assert_eq!(call(&mut vu, "1").await, Err(CallError::Interrupted));
    });
}

#[test]
fn init_code_that_loops_or_waits_is_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let init_limit = Duration::from_millis(50);
        let settings = RealmSettings { init_limit, ..RealmSettings::default() };
        let looping = Realm::new(script("for (;;);"), &settings, install).unwrap();
        let error = looping.instantiate(1, Rc::new(())).err().unwrap();
        assert_eq!(error, CallError::TimedOut { limit: init_limit });
        let waiting = realm("wait(1);");
        let error = waiting.instantiate(1, Rc::new(())).err().unwrap();
        assert!(error.to_string().contains("not possible in init code"), "{error}");
    });
}

#[test]
fn uncaught_recursion_shows_where_it_was() {
    for company in [false, true] {
        run(async {
            let body = "\nfunction down(n) {\n  return down(n + 1) + 1;\n}\nexports.default = (x) => { if (!x) return 'fine'; wait(0); return down(0); };";
            let (mut vu, other) = pair(body, &RealmSettings::default(), company);
            let thrown = thrown(call(&mut vu, "1").await);
            assert_eq!(thrown.message, "RangeError: Maximum call stack size exceeded");
            assert!(thrown.stack.starts_with("    at down (test.ts:"), "{}", thrown.stack);
            unharmed(other).await;
        });
    }
}

#[test]
fn natives_that_recurse_run_out_of_stack_with_an_exception() {
    check(
        "const attempts = {
           parse: () => JSON.parse('['.repeat(200000)),
           stringify: () => { let deep = []; for (let i = 0; i < 200000; i++) deep = [deep]; return JSON.stringify(deep); },
           pattern: () => new RegExp('(?:'.repeat(200000)),
           flat: () => { let deep = []; for (let i = 0; i < 200000; i++) deep = [deep]; return deep.flat(Infinity); },
           getter: () => { const o = { get a() { return this.a; } }; return o.a; },
           proxy: () => { const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x; },
           sort: () => { const f = () => [2, 1].sort(f); return f(); },
           replace: () => { const f = () => 'a'.replace(/a/, f); return f(); },
           text: () => { const o = { toString() { return `${o}`; } }; return `${o}`; },
         };
         exports.default = (x) => { if (!x) return 'fine'; const seen = [];
           for (const waits of [0, 50]) for (const [name, attempt] of Object.entries(attempts)) {
             const at = (n) => { if (n > 0) return at(n - 1); wait(0); return attempt(); };
             try { at(waits); seen.push(name); } catch (e) { if (!/stack/.test(e.message)) seen.push(name + ': ' + e); } }
           return seen; };",
        "[]",
    );
}

#[test]
fn a_pattern_that_takes_ages_ends_with_the_run() {
    for company in [false, true] {
        run(async {
            let body = "exports.default = (x) => { if (!x) return 'fine'; for (;;) try { /^(a+)+$/.test('a'.repeat(60) + 'b'); } catch (e) {} };";
            let (mut vu, other) = pair(body, &RealmSettings::default(), company);
            let asked = std::cell::Cell::new(0);
            vu.watch(move || asked.replace(asked.get() + 1) > 3);
            assert_eq!(call(&mut vu, "1").await, Err(CallError::Interrupted));
            unharmed(other).await;
        });
    }
}

/// A script that keeps what `what` makes, without end: the function it happens in, the limit and the script are named,
/// and what it kept is free again.
#[track_caller]
fn memory_ends(what: &str) {
    for company in [false, true] {
        run(async {
            let settings = RealmSettings { memory_limit_bytes: Some(16 << 20), ..RealmSettings::default() };
            let body = format!(
                "\nfunction hoard(kept) {{\n  for (;;) {what};\n}}\nexports.default = (x) => {{ if (!x) return 'fine'; wait(0); hoard([]); }};"
            );
            let (mut vu, other) = pair(&body, &settings, company);
            let mut named = 0;
            for _ in 0..3 {
                let error = call(&mut vu, "1").await.unwrap_err();
                let CallError::OutOfMemory { script, limit_bytes, stack } = &error else {
                    // Texts that end within a few bytes of the limit: see `raw::came_near`.
                    assert_eq!(thrown(Err(error)).message, "uncaught: null");
                    continue;
                };
                named += 1;
                assert_eq!((script.as_str(), *limit_bytes), ("test.ts", 16 << 20));
                assert!(
                    stack.contains("at hoard (test.ts:") || stack == "    at default (test.ts)",
                    "{stack}"
                );
                assert!(error.to_string().starts_with("`test.ts` needs more than 16 MiB"), "{error}");
            }
            assert!(named > 0, "never named: {what}");
            unharmed(other).await;
        });
    }
}

#[test]
fn memory_without_end_names_script_function_and_limit() {
    memory_ends("kept.push(new Uint8Array(100000))");
    memory_ends("kept.push({ some: 'object' })");
    memory_ends("kept.push('text '.repeat(1000) + kept.length)");
    memory_ends("kept[0] = { kept: kept[0] }");
    memory_ends("kept.push(() => kept)");
}

#[test]
fn a_thrown_null_is_not_taken_for_a_lack_of_memory() {
    run(async {
        let settings = RealmSettings { memory_limit_bytes: Some(16 << 20), ..RealmSettings::default() };
        let (mut vu, _) = pair("exports.default = () => { throw null; };", &settings, false);
        assert_eq!(thrown(call(&mut vu, "1").await).message, "uncaught: null");
    });
}

#[test]
fn init_code_that_takes_all_memory_is_named_too() {
    let settings = RealmSettings { memory_limit_bytes: Some(16 << 20), ..RealmSettings::default() };
    let realm = Realm::new(script("const kept = []; for (;;) kept.push({});"), &settings, install).unwrap();
    let error = realm.instantiate(1, Rc::new(())).err().unwrap();
    assert!(matches!(error, CallError::OutOfMemory { .. }), "{error:?}");
}

/// Bytes of the mapping around an address that are in memory.
#[cfg(target_os = "linux")]
fn resident_bytes(address: usize) -> u64 {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut inside = false;
    for line in maps.lines() {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let bound = |text: &str| usize::from_str_radix(text, 16).ok();
        if let Some((Some(from), Some(until))) = range.map(|(from, until)| (bound(from), bound(until))) {
            inside = (from..until).contains(&address);
        } else if let Some(kilobytes) = line.strip_prefix("Rss:").filter(|_| inside) {
            return kilobytes.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024;
        }
    }
    panic!("nothing is mapped at {address:#x}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_sleep_gives_back_the_stack_that_deep_calls_have_left() {
    run(async {
        let realm = realm(
            "function deep(n) { return n > 0 ? deep(n - 1) + 1 : 0; }
             exports.default = (milliseconds) => { note(String(here())); deep(150); wait(milliseconds); return deep(150); };",
        );
        let mut kept = Vec::new();
        for milliseconds in ["500", "60000"] {
            let notes = Rc::new(Notes::default());
            let mut vu = realm.instantiate(1, Rc::clone(&notes) as Rc<dyn std::any::Any>).unwrap();
            let asleep = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let address: f64 = notes.0.borrow()[0].parse().unwrap();
                resident_bytes(address as usize)
            };
            let (result, bytes) = tokio::join!(call(&mut vu, milliseconds), asleep);
            assert_eq!(result.unwrap(), "150");
            kept.push(bytes);
        }
        assert!(kept[1] <= 16 << 10 && kept[1] < kept[0], "{kept:?}");
    });
}
