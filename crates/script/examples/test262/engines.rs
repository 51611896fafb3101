//! The two sides: QuickJS as rquickjs gives it, and a user of a realm.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_script::compile::{self, Builtins, Disk, Files, Kind, Settings};
use loadline_script::vm::{CallError, Realm, RealmSettings};
use rquickjs::promise::PromiseState;
use rquickjs::{Coerced, Context, Ctx, Function, Module, Object, Persistent, Runtime, Value};
use tokio::time::Instant;

use crate::Outcome;
use crate::case::{Case, Shape};

/// How long one test may run on one side, and what it may hold.
const LIMIT: Duration = Duration::from_secs(20);
const MEMORY_BYTES: usize = 256 << 20;

/// The test on the engine alone, and whether it left a rejected promise that nobody handles.
pub(crate) fn bare(case: &Case) -> (Outcome, bool) {
    let unhandled = Rc::new(RefCell::new(Vec::new()));
    let outcome = bare_of(case, &unhandled);
    let left = !unhandled.borrow().is_empty();
    // As below: they belong to a runtime that is never freed.
    std::mem::forget(unhandled.take());
    (outcome, left)
}

type Rejected = Rc<RefCell<Vec<Persistent<Value<'static>>>>>;

fn bare_of(case: &Case, unhandled: &Rejected) -> Outcome {
    let machine = |error: rquickjs::Error| Outcome::Failed(error.to_string());
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return machine(error),
    };
    runtime.set_memory_limit(MEMORY_BYTES);
    runtime.set_max_stack_size(1 << 20);
    let deadline = Instant::now() + LIMIT;
    runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() >= deadline)));
    let rejected = Rc::clone(unhandled);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, _, handled| {
        let promise = Persistent::save(&ctx, promise);
        if handled {
            rejected.borrow_mut().retain(|other| *other != promise);
        } else {
            rejected.borrow_mut().push(promise);
        }
    })));
    let context = match Context::full(&runtime) {
        Ok(context) => context,
        Err(error) => return machine(error),
    };
    let printed = Rc::new(RefCell::new(Vec::new()));
    let outcome = context.with(|ctx| {
        let lines = Rc::clone(&printed);
        let print = Function::new(ctx.clone(), move |line: Coerced<String>| lines.borrow_mut().push(line.0));
        if let Err(error) = print.and_then(|print| ctx.globals().set("print", print)) {
            return machine(error);
        }
        let thrown = evaluate(&ctx, case).err().map(|()| kind_of(&ctx.catch()));
        case.judge(thrown.as_ref().map(|(kind, said)| (kind.as_str(), said.as_str())), &printed.borrow())
    });
    // An object that a builtin forgot would end the process when the runtime goes. The process is short-lived.
    std::mem::forget(context);
    std::mem::forget(runtime);
    outcome
}

/// Runs the test and all its jobs; an error is the context's exception.
fn evaluate(ctx: &Ctx<'_>, case: &Case) -> Result<(), ()> {
    let promise = if case.shape == Shape::Module {
        Some(Module::evaluate(ctx.clone(), case.name.as_str(), case.text.as_str()).map_err(drop)?)
    } else {
        let mut options = rquickjs::context::EvalOptions::default();
        options.strict = case.shape == Shape::Strict;
        options.filename = Some(case.name.clone());
        ctx.eval_with_options::<Value<'_>, _>(case.text.as_str(), options).map_err(drop)?;
        None
    };
    while ctx.execute_pending_job() {}
    match promise {
        Some(promise) if promise.state() == PromiseState::Rejected => {
            promise.finish::<Value<'_>>().map(drop).map_err(drop)
        }
        _ => Ok(()),
    }
}

/// The name of a thrown value's constructor, and the value as text.
fn kind_of(value: &Value<'_>) -> (String, String) {
    let kind = value
        .as_object()
        .and_then(|object| object.get::<_, Object<'_>>("constructor").ok()?.get::<_, String>("name").ok())
        .unwrap_or_else(|| "a value".to_owned());
    let said = value.get::<Coerced<String>>().map(|text| text.0).unwrap_or_default();
    (kind, said)
}

thread_local! {
    static PRINTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The test as the script of a load test.
pub(crate) fn ours(case: &Case) -> Outcome {
    PRINTED.take();
    let (extension, tail) = match case.shape {
        Shape::Sloppy => ("cjs", ""),
        Shape::Strict => ("mjs", "export {};\n"),
        Shape::Module => ("js", "export {};\n"),
    };
    let entry = case.path.with_extension(extension);
    let files = Overlay { entry: entry.clone(), text: format!("{}{tail}", case.text) };
    let base = case.path.parent().unwrap_or(Path::new("/")).to_path_buf();
    let thrown = match compile::compile(&entry, &Settings::new(files, base, Builtins::new())) {
        Err(error) => Some(("SyntaxError".to_owned(), error.to_string())),
        Ok(bundle) => {
            let text = loadline_script::script_text(&Arc::new(bundle));
            let settings = RealmSettings {
                memory_limit_bytes: Some(MEMORY_BYTES),
                init_limit: LIMIT,
                ..RealmSettings::default()
            };
            let user =
                Realm::new(text, &settings, install).and_then(|realm| realm.instantiate(1, Rc::new(())));
            user.err().map(|error| kind_of_call(&error))
        }
    };
    let thrown = thrown.as_ref().map(|(kind, said)| (kind.as_str(), said.as_str()));
    PRINTED.with_borrow(|printed| case.judge(thrown, printed))
}

fn install<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let print = Function::new(ctx.clone(), |line: Coerced<String>| {
        PRINTED.with_borrow_mut(|printed| printed.push(line.0));
    })?;
    ctx.globals().set("print", print)?;
    Object::new(ctx.clone())
}

/// As [`kind_of`]. `Test262Error` is no `Error`, so its name is not said.
fn kind_of_call(error: &CallError) -> (String, String) {
    let CallError::Thrown(thrown) = error else { return ("a stop".to_owned(), error.to_string()) };
    let kind = match thrown.message.split_once(':') {
        Some(("uncaught", _)) => "Test262Error",
        Some((kind, _)) => kind,
        None => thrown.message.as_str(),
    };
    (kind.to_owned(), thrown.message.clone())
}

/// The disk, with one file more.
struct Overlay {
    entry: PathBuf,
    text: String,
}

impl Files for Overlay {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.entry { Ok(self.text.clone().into_bytes()) } else { Disk.read(path) }
    }

    fn kind(&self, path: &Path, follow: bool) -> io::Result<Kind> {
        if path == self.entry { Ok(Kind::File) } else { Disk.kind(path, follow) }
    }

    fn link(&self, path: &Path) -> io::Result<PathBuf> {
        if path == self.entry { Err(io::ErrorKind::InvalidInput.into()) } else { Disk.link(path) }
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        Disk.names(folder)
    }
}
