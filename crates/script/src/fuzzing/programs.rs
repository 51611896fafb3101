//! Programs made of bytes, and what has to be true of them: on the engine alone and through everything that Loadline
//! does to a script they say the same.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rquickjs::{Ctx, Function, Object, Value};
use tokio::time::Instant;

use crate::compile::{Builtins, Memory, Settings, compile};
use crate::script_text;
use crate::vm::{CallError, Engine, Realm, RealmSettings, discard_jobs};

/// Every builtin and many odd values by number, and what shows a value.
const PRELUDE: &str = include_str!("builtins.js");

/// Statements of one program.
const STATEMENTS: usize = 30;

/// Lines of one program; the rest is not kept.
const LINES: usize = 4_000;

const MEMORY_BYTES: usize = 96 << 20;
const LIMIT: Duration = Duration::from_secs(10);

/// Makes a program of `bytes` and runs it both ways.
///
/// # Panics
/// When they say different things.
pub fn check(bytes: &[u8]) {
    let program = program(bytes);
    let (expected, complete) = alone(&program);
    let (said, ended) = as_user(&program);
    // What depends on how much memory, stack or time is left differs by right.
    let limited = |lines: &[String]| {
        lines
            .iter()
            .any(|line| ["out of memory", "stack size", "interrupted"].iter().any(|it| line.contains(it)))
    };
    if !complete || limited(&expected) || limited(&said) || matches!(ended, Some(CallError::TimedOut { .. }))
    {
        return;
    }
    // A rejection that nobody handles ends a user's call, and with it the rest of its jobs.
    let expected = if ended.is_some() { &expected[..said.len().min(expected.len())] } else { &expected[..] };
    if let Some(at) = (0..expected.len().max(said.len())).find(|&at| expected.get(at) != said.get(at)) {
        panic!(
            "line {at}: the engine alone says {:?}, a user {:?} (its end: {ended:?})\n{program}",
            expected.get(at),
            said.get(at)
        );
    }
}

/// Bytes as a row of choices; zeros when they are used up.
struct Choices<'b>(&'b [u8]);

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        let mut number = 0;
        for _ in 0..if count > 256 { 2 } else { 1 } {
            let (first, rest) = self.0.split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
            self.0 = rest;
            number = number << 8 | usize::from(first);
        }
        number % count
    }

    /// A variable, or a new odd value.
    fn value(&mut self) -> String {
        match self.below(3) {
            0 => format!("v[{}]", self.below(6)),
            _ => format!("value({})", self.below(200)),
        }
    }

    fn key(&mut self) -> String {
        match self.below(4) {
            0 => "'length'".to_owned(),
            1 => format!("value({})", self.below(200)),
            _ => self.below(9).to_string(),
        }
    }

    fn values(&mut self) -> String {
        let count = self.below(4);
        (0..count).map(|_| self.value()).collect::<Vec<_>>().join(", ")
    }

    fn statement(&mut self) -> String {
        match self.below(16) {
            0 | 1 => format!("construct({}, [{}])", self.below(256), self.values()),
            2 => format!("set({}, {}, {})", self.value(), self.key(), self.value()),
            3 => format!("get({}, {})", self.value(), self.key()),
            4 => format!("del({}, {})", self.value(), self.key()),
            5 => format!("grow({}, {})", self.value(), self.below(12)),
            6 => format!("accessor({}, {}, {})", self.value(), self.key(), self.value()),
            7 => format!("each({})", self.value()),
            8 => format!("spread({})", self.value()),
            9 => self.value(),
            _ => format!("call({}, {}, [{}])", self.below(2_000), self.value(), self.values()),
        }
    }
}

fn program(bytes: &[u8]) -> String {
    let mut choices = Choices(bytes);
    let mut text = String::new();
    for _ in 0..STATEMENTS {
        if choices.0.is_empty() {
            break;
        }
        let slot = choices.below(6);
        let statement = choices.statement();
        let _ = writeln!(text, "v[{slot}] = {statement};");
    }
    text
}

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
    Function::new(ctx.clone(), |line: rquickjs::String<'js>| {
        SAID.with_borrow_mut(|said| {
            if said.len() < LINES {
                // A lone surrogate is no text.
                said.push(line.to_string().unwrap_or_else(|_| "not a text".to_owned()));
            }
        });
    })
}

/// What the engine alone says, and whether it came to the end.
fn alone(program: &str) -> (Vec<String>, bool) {
    SAID.take();
    let (runtime, context) = Engine::new().expect("there is memory for a runtime");
    runtime.set_memory_limit(MEMORY_BYTES);
    runtime.set_max_stack_size(1 << 20);
    let deadline = Instant::now() + LIMIT;
    let late = Rc::new(Cell::new(false));
    let seen = Rc::clone(&late);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        seen.set(seen.get() || Instant::now() >= deadline);
        seen.get()
    })));
    let complete = context.with(|ctx| {
        let text = format!("(function (note) {{ \"use strict\";\n{PRELUDE}\n{program}}})");
        let done = ctx
            .eval::<Function<'_>, _>(text)
            .and_then(|run| run.call::<_, Value<'_>>((note(&ctx)?,)))
            .map_err(|_| drop(ctx.catch()));
        while ctx.execute_pending_job() {}
        done.is_ok()
    });
    discard_jobs(&context);
    drop(context);
    (SAID.take(), complete && !late.get())
}

/// What a user of a realm says, and how its call ended if not well.
fn as_user(program: &str) -> (Vec<String>, Option<CallError>) {
    SAID.take();
    let files = Memory::new().with("/fuzz/main.js", format!("{PRELUDE}\n{program}export {{}};\n"));
    let bundle = compile("main.js".as_ref(), &Settings::new(files, "/fuzz", Builtins::new()))
        .unwrap_or_else(|error| panic!("{error}\n{program}"));
    let settings = RealmSettings {
        memory_limit_bytes: Some(MEMORY_BYTES),
        init_limit: LIMIT,
        share_packages: false,
        ..RealmSettings::default()
    };
    let realm = Realm::new(script_text(&Arc::new(bundle)), &settings, table)
        .unwrap_or_else(|error| panic!("{error}\n{program}"));
    let ended = realm.instantiate(1, Rc::new(())).err();
    (SAID.take(), ended)
}

/// The realm's modules: none. `note` is a global.
fn table<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    ctx.globals().set("note", note(ctx)?)?;
    Object::new(ctx.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{alone, check};

    #[test]
    fn programs_do_what_they_are_made_for() {
        let (said, complete) = alone(
            "v[0] = value(0); call(0, v[0], []); set(v[0], 2, 'x'); each(v[0]); construct(2, [3]);
             v[1] = attempt('a', () => [3, 1, , 2].toSorted()); Promise.resolve(v[0].length).then((n) => note(`then ${n}`));
             attempt('b', () => { throw new TypeError('thrown'); });",
        );
        let said = said.join("\n");
        assert!(complete);
        for expected in [
            "set = array 2 { 2wec:'x' lengthw:5 }",
            "item 'x'",
            "each = 5",
            "new 2 = array 1 { lengthw:3 }",
            "a = array 5 { 0wec:1 1wec:2 2wec:3 3wec:undefined lengthw:4 }",
            "b ! object 1 { messagewc:'thrown' }",
            "then 5",
        ] {
            assert!(said.contains(expected), "{expected}\n{said}");
        }
    }

    fn inputs() -> u32 {
        std::env::var("FUZZ_INPUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(100)
    }

    #[test]
    fn no_program_reads_a_clock() {
        let program = "for (let n = 0; n < constructors.length; n++) construct(n, []);
             for (const made of [new Date(0), Reflect.construct(Date.prototype.constructor, [])]) note(`${made.getTime()}`);
             for (let n = 0; n < methods.length; n++) if (methods[n] === Date || methods[n] === Date.now || methods[n] === Math.random) note('clock');";
        let (said, complete) = alone(program);
        assert!(complete);
        assert_eq!(said.iter().filter(|line| *line == "0").count(), 2, "{said:?}");
        assert!(!said.iter().any(|line| line == "clock"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: inputs(), ..ProptestConfig::default() })]

        /// `FUZZ_INPUTS=100000 cargo test -p loadline-script fuzzing` tries more of them.
        #[test]
        fn a_user_gets_what_the_engine_gives(bytes in prop::collection::vec(any::<u8>(), 40..400)) {
            check(&bytes);
        }
    }
}
