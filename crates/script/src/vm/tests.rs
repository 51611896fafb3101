//! The machine with hand-written factories and two natives: `wait` (suspends) and `note` (records).

use std::cell::RefCell;
use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rquickjs::{Ctx, Function, Object, Value};

use super::*;

/// A small generator of the tests' own: the same sequence on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[derive(Default)]
struct Notes(RefCell<Vec<String>>);

const PRELUDE: &str = r"(function (block, prepare, finish) {
  return function wait(milliseconds) { prepare(milliseconds); block(); return finish(milliseconds); };
})";

fn install<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let builtins = Object::new(ctx.clone())?;
    let prepare = Function::new(ctx.clone(), |ctx: Ctx<'js>, milliseconds: f64| {
        if milliseconds < 0.0 {
            return Err(rquickjs::Exception::throw_range(&ctx, "negative time"));
        }
        if milliseconds == 0.0 {
            let mut first = true;
            return block_on(
                &ctx,
                Operation::Future(Box::pin(std::future::poll_fn(move |context| {
                    context.waker().wake_by_ref();
                    if std::mem::take(&mut first) {
                        std::task::Poll::Pending
                    } else {
                        std::task::Poll::Ready(())
                    }
                }))),
            );
        }
        block_on(&ctx, Operation::Sleep(Duration::from_secs_f64(milliseconds / 1000.0)))
    })?;
    let finish = Function::new(ctx.clone(), |ctx: Ctx<'js>, milliseconds: f64| {
        check_stop(&ctx)?;
        if milliseconds == 13.0 {
            return Err(rquickjs::Exception::throw_message(&ctx, "unlucky"));
        }
        Ok(milliseconds)
    })?;
    let mut options = rquickjs::context::EvalOptions::default();
    options.filename = Some("loadline:prelude".to_owned());
    let wait: Function<'js> = ctx.eval_with_options::<Function<'js>, _>(PRELUDE, options)?.call((
        block_function(ctx)?,
        prepare,
        finish,
    ))?;
    builtins.set("wait", wait)?;
    builtins.set(
        "note",
        Function::new(ctx.clone(), |text: String| {
            if let Some(notes) = current_state::<Notes>() {
                notes.0.borrow_mut().push(text);
            }
        })?,
    )?;
    builtins.set(
        "abort",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, reason: String| -> rquickjs::Result<()> {
            Err(terminate(&ctx, &reason))
        })?,
    )?;
    builtins.set("collect", Function::new(ctx.clone(), |ctx: Ctx<'js>| ctx.run_gc())?)?;
    builtins.set("panic", Function::new(ctx.clone(), || -> () { panic!("a native panic") })?)?;
    builtins.set(
        "later",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, milliseconds: f64| {
            let (promise, resolve, _) = ctx.promise()?;
            let resolve = rquickjs::Persistent::save(&ctx, resolve);
            defer(async move {
                tokio::time::sleep(Duration::from_secs_f64(milliseconds / 1000.0)).await;
                let completion: Completion =
                    Box::new(move |ctx: &Ctx<'_>| resolve.restore(ctx)?.call::<_, ()>((milliseconds,)));
                Some(completion)
            });
            Ok::<_, rquickjs::Error>(promise)
        })?,
    )?;
    Ok(builtins)
}

/// A script of one module whose body sees `wait`, `note`, `abort`, `collect`, `panic`, `later` and sets `exports`.
fn script(body: &str) -> Arc<ScriptText> {
    Arc::new(ScriptText {
        entry: "test.ts".to_owned(),
        factories: vec![SourceText {
            file: "test.ts".to_owned(),
            text: format!(
                "(function (wait, note, abort, collect, panic, later, globalThis, exports) {{ 'use strict';{body}\n}})"
            ),
        }],
        link: SourceText {
            file: "loadline:link".to_owned(),
            text: "(function (factories, b, globalThis) { const exports = {}; \
                   factories[0](b.wait, b.note, b.abort, b.collect, b.panic, b.later, globalThis, exports); return exports; })"
                .to_owned(),
        },
        mapper: None,
    })
}

fn realm(body: &str) -> Realm {
    Realm::new(script(body), &RealmSettings::default(), install).unwrap()
}

fn user(realm: &Realm, id: u64) -> Vu {
    realm.instantiate(id, Rc::new(Notes::default())).unwrap()
}

fn notes(vu: &Vu) -> Vec<String> {
    vu.slot().state::<Notes>().unwrap().0.borrow().clone()
}

async fn call(vu: &mut Vu, argument: &str) -> Result<String, CallError> {
    call_until(vu, argument, pending(), None).await
}

async fn call_until(
    vu: &mut Vu,
    argument: &str,
    interrupt: impl Future<Output = ()>,
    limit: Option<Duration>,
) -> Result<String, CallError> {
    let export = vu.export("default")?.expect("the test script has a default function");
    let argument = argument.to_owned();
    vu.call(
        &export,
        move |ctx| Ok(vec![from_json(ctx, Some(&argument))?]),
        |ctx, value: Value<'_>| {
            Ok(ctx.json_stringify(value)?.map_or("undefined".to_owned(), |json| json.to_string().unwrap()))
        },
        interrupt,
        limit,
    )
    .await
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(tokio::task::LocalSet::new().run_until(future))
}

fn thrown(result: Result<String, CallError>) -> Thrown {
    match result {
        Err(CallError::Thrown(thrown)) => thrown,
        other => panic!("expected an exception, got {other:?}"),
    }
}

#[test]
fn a_blocking_call_suspends_and_returns_its_result() {
    run(async {
        let realm = realm("exports.default = (x) => wait(5) + x;");
        let mut vu = user(&realm, 1);
        assert_eq!(call(&mut vu, "2").await.unwrap(), "7");
    });
}

#[test]
fn users_of_one_realm_interleave_and_share_no_state() {
    run(async {
        let realm = realm(
            "let n = 0; globalThis.mine = [];
             exports.default = (x) => { n += x; globalThis.mine.push(x); wait(x); n += x; wait(1);
               return [n, globalThis.mine.length, typeof mine]; };",
        );
        let mut a = user(&realm, 1);
        let mut b = user(&realm, 2);
        let (first, second) = futures_util::future::join(call(&mut a, "10"), call(&mut b, "3")).await;
        assert_eq!(first.unwrap(), r#"[20,1,"undefined"]"#);
        assert_eq!(second.unwrap(), r#"[6,1,"undefined"]"#);
        assert_eq!(call(&mut a, "1").await.unwrap(), r#"[22,2,"undefined"]"#);
    });
}

#[test]
fn an_exception_after_a_wait_has_the_stack_of_its_own_user() {
    run(async {
        let realm = realm(
            "\nfunction inner(x) { wait(x); throw new TypeError('after ' + x); }\nfunction outer(x) {\n  inner(x);\n}\nexports.default = (x) => { if (x > 5) { wait(1); outer(x); } else outer(x); };",
        );
        let mut a = user(&realm, 1);
        let mut b = user(&realm, 2);
        let (first, second) = futures_util::future::join(call(&mut a, "9"), call(&mut b, "2")).await;
        let first = thrown(first);
        assert_eq!(first.message, "TypeError: after 9");
        assert_eq!(
            first.stack,
            "    at inner (test.ts:2:61)\n    at outer (test.ts:4:9)\n    at <anonymous> (test.ts:6:56)"
        );
        assert!(
            thrown(second).stack.starts_with("    at inner (test.ts:2:61)\n    at outer (test.ts:4:9)\n")
        );
    });
}

#[test]
fn errors_of_prepare_and_finish_can_be_caught() {
    run(async {
        let realm = realm(
            "exports.default = (x) => { try { wait(x); } catch (e) { return e.message + (e.stack.includes('test.ts:1') ? '' : e.stack); } };",
        );
        let mut vu = user(&realm, 1);
        assert_eq!(call(&mut vu, "-1").await.unwrap(), r#""negative time""#);
        assert_eq!(call(&mut vu, "13").await.unwrap(), r#""unlucky""#);
    });
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
fn an_interrupt_passes_catch_and_finally() {
    run(async {
        let realm = realm(
            "exports.default = () => { for (;;) try { wait(1000); } catch (e) { note('caught'); } finally { note('finally'); } };",
        );
        let mut vu = user(&realm, 1);
        let interrupt = tokio::time::sleep(Duration::from_millis(1500));
        assert_eq!(call_until(&mut vu, "1", interrupt, None).await, Err(CallError::Interrupted));
        assert_eq!(notes(&vu), ["finally"]);
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
fn a_native_can_end_the_call() {
    run(async {
        let realm =
            realm("exports.default = () => { try { abort('enough'); } catch (e) { note('caught'); } };");
        let mut vu = user(&realm, 1);
        assert_eq!(call(&mut vu, "1").await, Err(CallError::Terminated("enough".to_owned())));
        assert_eq!(notes(&vu), Vec::<String>::new());
    });
}

#[test]
fn memory_without_end_names_the_script() {
    run(async {
        let settings = RealmSettings { memory_limit_bytes: Some(8 << 20), ..RealmSettings::default() };
        let script = script(
            "exports.default = () => { const kept = []; for (;;) kept.push(new Uint8Array(100000)); };",
        );
        let realm = Realm::new(script, &settings, install).unwrap();
        let mut vu = user(&realm, 1);
        let error = call(&mut vu, "1").await.unwrap_err();
        assert!(matches!(&error, CallError::OutOfMemory { script, .. } if script == "test.ts"), "{error:?}");
        assert!(error.to_string().contains("`test.ts` needs more than 8388608 bytes"), "{error}");
    });
}

#[test]
fn a_native_panic_reaches_the_caller_and_leaves_other_users_alone() {
    run(async {
        let realm = realm("exports.default = (x) => { wait(1); if (x) panic(); return 1; };");
        let mut other = user(&realm, 2);
        let mut vu = user(&realm, 1);
        let caught =
            futures_util::future::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(call(&mut vu, "1")))
                .await;
        let panic = caught.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a native panic"));
        assert_eq!(call(&mut other, "0").await.unwrap(), "1");
    });
}

#[test]
fn promises_timers_and_waits_go_together() {
    run(async {
        let realm = realm(
            "exports.default = async (x) => { const started = [later(30), later(10)]; wait(20); note('waited');
               const all = await Promise.all(started); later(50).then(() => note('after the result')); return all; };",
        );
        let mut vu = user(&realm, 1);
        let begun = tokio::time::Instant::now();
        assert_eq!(call(&mut vu, "1").await.unwrap(), "[30,10]");
        assert_eq!(begun.elapsed().as_millis(), 80);
        assert_eq!(notes(&vu), ["waited", "after the result"]);
    });
}

#[test]
fn rejections_are_errors() {
    run(async {
        let realm = realm(
            "exports.default = async (x) => { await later(1); if (x === 1) throw new Error('awaited');
               if (x === 2) { later(1).then(() => { throw new Error('left alone'); }); }
               if (x === 3) { await Promise.reject(new Error('handled')).catch(() => 0); }
               if (x === 4) { await new Promise(() => {}); } return 'fine'; };",
        );
        let mut vu = user(&realm, 1);
        assert_eq!(thrown(call(&mut vu, "1").await).message, "Error: awaited");
        assert_eq!(thrown(call(&mut vu, "2").await).message, "Error: left alone");
        assert_eq!(call(&mut vu, "3").await.unwrap(), r#""fine""#);
        assert!(thrown(call(&mut vu, "4").await).message.contains("never settle"));
        let interrupt = tokio::time::sleep(Duration::from_micros(500));
        assert_eq!(call_until(&mut vu, "5", interrupt, None).await, Err(CallError::Interrupted));
        assert_eq!(call(&mut vu, "5").await.unwrap(), r#""fine""#);
    });
}

/// Users come, wait, throw through suspended frames, are dropped in mid-call, while cycles are collected.
fn stress(users: usize, rounds: usize, per_realm: usize) {
    const SCRIPT: &str = "\nlet mine = 0; let keep = null;\nfunction deep(n, f) {\n  if (n === 0) { return f(); }\n  const cycle = { n }; cycle.self = cycle; keep = cycle;\n  return deep(n - 1, f);\n}\nexports.default = (x) => {\n  const before = mine; let result = 0;\n  for (let i = 0; i < 4; i++) {\n    try {\n      result += deep((x + i) % 7, () => { wait(0); if ((x + i) % 3 === 0) { throw new Error('third ' + x); } wait(0); mine++; return 1; });\n    } catch (e) {\n      if (!e.message.endsWith(' ' + x)) { throw new TypeError('foreign error ' + e.message); }\n      if (!e.stack.includes('at deep (test.ts:4:') || e.stack.split('test.ts').length !== ((x + i) % 7) + 4) { throw new TypeError('foreign stack ' + e.stack); }\n    }\n    [3, 1, 2].sort((a, b) => { if (a === 3) { wait(0); } return a - b; });\n  }\n  if (x % 11 === 0) { collect(); }\n  if (mine !== before + result) { throw new TypeError('foreign state'); }\n  if (x % 5 === 0) { deep(3, () => { wait(0); throw new RangeError('uncaught ' + x); }); }\n  return x;\n};";
    run(async {
        let mut random = Random(42);
        let mut realms: Vec<Realm> = Vec::new();
        let mut tasks = Vec::new();
        for id in 0..users {
            if id % per_realm == 0 {
                realms.push(realm(SCRIPT));
            }
            let realm = realms.last().unwrap().clone();
            let mut random = Random(random.below(u64::MAX >> 33));
            tasks.push(tokio::task::spawn_local(async move {
                let mut vu = Some(user(&realm, id as u64));
                for round in 0..rounds {
                    let x = random.below(1000);
                    if random.below(50) == 0 {
                        vu = None;
                    }
                    let vu = vu.get_or_insert_with(|| user(&realm, (round * 1000 + id) as u64));
                    if random.below(20) == 0 {
                        // Dropped in mid-call: after a few polls the future goes.
                        let mut polls = random.below(12);
                        let argument = x.to_string();
                        let mut call = Box::pin(call(vu, &argument));
                        std::future::poll_fn(|context| {
                            if polls == 0 || call.as_mut().poll(context).is_ready() {
                                return std::task::Poll::Ready(());
                            }
                            polls -= 1;
                            std::task::Poll::Pending
                        })
                        .await;
                        continue;
                    }
                    match call(vu, &x.to_string()).await {
                        Ok(result) => assert_eq!(result, x.to_string()),
                        Err(CallError::Thrown(thrown)) => {
                            assert_eq!(
                                thrown.message,
                                format!("RangeError: uncaught {x}"),
                                "{}",
                                thrown.stack
                            );
                            assert_eq!(
                                thrown.stack.matches("at deep (test.ts:").count(),
                                4,
                                "{}",
                                thrown.stack
                            );
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Iterations of the stress tests, scaled by `LOADLINE_STRESS` (1 by default; 0 for a run under valgrind).
fn scaled(rounds: usize) -> usize {
    let scale: usize = std::env::var("LOADLINE_STRESS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    if scale == 0 { rounds / 20 + 1 } else { rounds * scale }
}

#[test]
fn stress_of_64_users_in_one_realm() {
    stress(64, scaled(200), 64);
}

#[test]
fn stress_of_users_with_a_realm_each() {
    stress(8, scaled(200), 1);
}
