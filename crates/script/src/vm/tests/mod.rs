//! The machine with hand-written factories and two natives: `wait` (suspends) and `note` (records).

use std::cell::RefCell;
use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rquickjs::{Ctx, Function, Object, Value};

use super::*;

mod arrays;
mod leaks;
mod limits;
mod stress;

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
    // Where the stack is that it is called on.
    builtins.set(
        "here",
        Function::new(ctx.clone(), || {
            let local = 0_u8;
            std::hint::black_box(&raw const local) as usize as f64
        })?,
    )?;
    builtins.set("each", native(ctx, each)?)?;
    builtins.set(
        "plainPanic",
        native(ctx, |_: &Call<'_, '_>| -> rquickjs::Result<()> { panic!("a plain panic") })?,
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

/// `each(functions, value)`: a plain native that calls the script. Whether all returned true.
fn each(call: &Call<'_, '_>) -> rquickjs::Result<bool> {
    let (functions, value) = (call.argument(0), call.argument(1));
    let mut all = true;
    each_entry(call.ctx(), functions.as_object().unwrap(), |name, function| {
        let before = name.to_owned();
        all &= call_with(call.ctx(), &function?, &value)?.as_bool() == Some(true);
        assert_eq!(before, name, "what a native holds stays as it is while its user waits");
        Ok(())
    })?;
    Ok(all)
}

/// A script of one module whose body sees the functions of [`install`] and sets `exports`.
fn script(body: &str) -> Arc<ScriptText> {
    Arc::new(ScriptText {
        entry: "test.ts".to_owned(),
        factories: vec![SourceText {
            file: "test.ts".to_owned(),
            text: format!(
                "(function (natives, globalThis, exports) {{ 'use strict'; \
                  const {{ wait, note, abort, collect, panic, plainPanic, each, later, here }} = natives;{body}\n}})"
            ),
        }],
        link: SourceText {
            file: "loadline:link".to_owned(),
            text: "(function (factories, b, globalThis) { const exports = {}; \
                   factories[0](b, globalThis, exports); return exports; })"
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
        let script = script(
            "let n = 0; globalThis.mine = [];
             exports.default = (x) => { n += x; globalThis.mine.push(x); wait(x); n += x; wait(1);
               return [n, globalThis.mine.length, typeof mine]; };",
        );
        let settings = RealmSettings { sharing: Sharing::Shared, ..RealmSettings::default() };
        let realm = Realm::new(script, &settings, install).unwrap();
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
fn a_native_panic_reaches_the_caller_and_leaves_other_users_alone() {
    run(async {
        let realm = realm(
            "exports.default = (x) => { wait(1); if (x === 1) panic();
               if (x === 2) { try { each({ one: () => { wait(1); plainPanic(); } }); } catch { note('caught'); } } return 1; };",
        );
        for (argument, message) in [("1", "a native panic"), ("2", "a plain panic")] {
            let mut other = user(&realm, 2);
            let mut vu = user(&realm, 1);
            let calling = std::panic::AssertUnwindSafe(call(&mut vu, argument));
            let panic = futures_util::future::FutureExt::catch_unwind(calling).await.unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&message));
            assert!(notes(&vu).is_empty(), "a script does not catch it");
            assert_eq!(call(&mut other, "0").await.unwrap(), "1");
        }
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
