//! What the virtual machine costs: `vm_cost step` times one block-and-resume round trip, `vm_cost memory USERS
//! PER_REALM` holds that many users in a wait and prints their resident memory.
//!
//! The script is trivial on purpose: what is measured is the machine.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_script::vm::{
    Operation, Realm, RealmSettings, ScriptText, SourceText, Vu, block_function, block_on, check_stop,
};
use rquickjs::{Ctx, Function, Object};

const PRELUDE: &str = "(function (block, prepare, finish) { \
     return function wait(milliseconds) { prepare(milliseconds); block(); return finish(); }; })";

const SCRIPT: &str = "(function (wait, exports) { \
     let count = 0; \
     const settings = { headers: { accept: 'text/plain' }, tags: { name: 'home' } }; \
     function think(time) { count++; wait(time); return settings; } \
     exports.think = function () { think(60000); }; \
     exports.deepest = function () { let n = 0; function down() { n++; down(); } try { down(); } catch (e) {} return n; }; \
     exports.turn = function () { for (let i = 0; i < 1000; i++) wait(0); }; \
     exports.idle = function () {}; })";

fn install<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let prepare = Function::new(ctx.clone(), |ctx: Ctx<'js>, milliseconds: f64| {
        if milliseconds == 0.0 {
            return block_on(&ctx, Operation::Future(Box::pin(std::future::ready(()))));
        }
        block_on(&ctx, Operation::Sleep(Duration::from_secs_f64(milliseconds / 1000.0)))
    })?;
    let finish = Function::new(ctx.clone(), |ctx: Ctx<'js>| check_stop(&ctx))?;
    let wait: Function<'js> =
        ctx.eval::<Function<'js>, _>(PRELUDE)?.call((block_function(ctx)?, prepare, finish))?;
    let builtins = Object::new(ctx.clone())?;
    builtins.set("wait", wait)?;
    Ok(builtins)
}

fn script() -> Arc<ScriptText> {
    Arc::new(ScriptText {
        entry: "cost.js".to_owned(),
        factories: vec![SourceText { file: "cost.js".to_owned(), text: SCRIPT.to_owned() }],
        link: SourceText {
            file: "loadline:link".to_owned(),
            text: "(function (factories, b, globalThis) { const exports = {}; factories[0](b.wait, exports); return exports; })"
                .to_owned(),
        },
        mapper: None,
    })
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = status.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}

async fn call(vu: &mut Vu, name: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let export = vu.export(name)?.ok_or("no such export")?;
    let take = |_: &Ctx<'_>, value: rquickjs::Value<'_>| Ok(value.as_number().unwrap_or(0.0));
    Ok(vu.call(&export, |_| Ok(Vec::new()), take, std::future::pending(), None).await?)
}

async fn step() -> Result<(), Box<dyn std::error::Error>> {
    let realm = Realm::new(script(), &RealmSettings::default(), install)?;
    let mut vu = realm.instantiate(1, Rc::new(()))?;
    println!("deepest recursion: {} calls", call(&mut vu, "deepest").await?);
    call(&mut vu, "turn").await?;
    let begun = tokio::time::Instant::now();
    for _ in 0..1000 {
        call(&mut vu, "turn").await?;
    }
    println!("prepare, block, await, resume, finish: {} ns", begun.elapsed().as_nanos() / 1_000_000);
    let idle = vu.export("idle")?.ok_or("no such export")?;
    let begun = tokio::time::Instant::now();
    for _ in 0..1_000_000 {
        vu.call(&idle, |_| Ok(Vec::new()), |_, _| Ok(()), std::future::pending(), None).await?;
    }
    println!("an empty iteration: {} ns", begun.elapsed().as_nanos() / 1_000_000);
    let begun = tokio::time::Instant::now();
    let users: Vec<_> = (0..1000).map(|id| realm.instantiate(id, Rc::new(()))).collect::<Result<_, _>>()?;
    println!("a new user: {} ns", begun.elapsed().as_nanos() / 1000);
    drop(users);
    let begun = tokio::time::Instant::now();
    let realms: Vec<_> = (0..100)
        .map(|_| Realm::new(script(), &RealmSettings::default(), install))
        .collect::<Result<_, _>>()?;
    println!("a new realm: {} us", begun.elapsed().as_micros() / 100);
    drop(realms);
    Ok(())
}

async fn memory(users: u64, per_realm: u64) -> Result<(), Box<dyn std::error::Error>> {
    let before = resident_bytes();
    let mut realm = Realm::new(script(), &RealmSettings::default(), install)?;
    for id in 0..users {
        if id > 0 && id % per_realm == 0 {
            realm = Realm::new(script(), &RealmSettings::default(), install)?;
        }
        let mut vu = realm.instantiate(id, Rc::new(()))?;
        tokio::task::spawn_local(async move { call(&mut vu, "think").await.is_ok() });
    }
    let idle = resident_bytes();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let waiting = resident_bytes();
    println!(
        "{users} users, {per_realm} per realm: {:.1} KB each before their first iteration, {:.1} KB in a wait",
        (idle - before) as f64 / users as f64 / 1024.0,
        (waiting - before) as f64 / users as f64 / 1024.0,
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let local = tokio::task::LocalSet::new();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "step"] => local.block_on(&runtime, step())?,
        [_, "memory", users, per_realm] => {
            local.block_on(&runtime, memory(users.parse()?, per_realm.parse()?))?;
            // The users are still waiting: that is what was measured.
            std::process::exit(0);
        }
        _ => return Err("usage: vm_cost step | vm_cost memory USERS PER_REALM".into()),
    }
    Ok(())
}
