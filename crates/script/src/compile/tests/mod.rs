//! Compiled scripts run in QuickJS: each test is files and the output of running them.

mod commonjs;
mod errors;
mod globals;
mod hostile;
mod modules;
mod packages;
mod positions;
mod property;
mod typescript;

use rquickjs::{Array, CatchResultExt, Context, Ctx, Function, Object, Runtime, Value};

use super::{Builtins, Bundle, CompileError, Memory, Settings, compile};

/// Gives each VU its global object, and collects what `console.log` is called with.
const HARNESS: &str = r#"(function () {
    const out = [];
    const show = (value) => typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
    const builtins = {
        "k6": { check: (value) => `check ${value}`, sleep() {}, default: { name: "k6" } },
        "k6/http": { get: (url) => `GET ${url}`, default: { get: (url) => `GET ${url}` } },
        "open-names": { anything: "goes", default: 1 },
    };
    // The real global object has a console too, for what several VUs share.
    const console = (globalThis.console = { log: (...values) => out.push(values.map(show).join(" ")) });
    const vu = (number) => Object.assign(Object.create(globalThis), {
        __VU: number, __ITER: 0, __ENV: { HOST: "example.org" },
        console,
        open: (path, mode, folder) => `${folder} ${path} ${mode}`,
    });
    return { out, builtins, vu };
})()"#;

pub(super) fn builtins() -> Builtins {
    Builtins::new()
        .with("k6", &["check", "sleep", "default"])
        .with("k6/http", &["get", "default"])
        .with("open-names", &[])
}

/// Compiles files that lie in `/work`; the first is the entry.
pub(super) fn bundle(files: &[(&str, &str)]) -> Result<Bundle, CompileError> {
    let mut tree = Memory::new();
    for (path, text) in files {
        tree = tree.with(format!("/work/{path}"), *text);
    }
    compile(files[0].0.as_ref(), &Settings::new(tree, "/work", builtins()))
}

/// Runs a bundle once per VU in one realm and returns what they logged, and their errors.
pub(super) fn run(bundle: &Bundle, vus: usize) -> String {
    run_sharing(bundle, vus, false)
}

/// The same; with `share_packages` the modules of packages live once.
pub(super) fn run_sharing(bundle: &Bundle, vus: usize, share_packages: bool) -> String {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    context.with(|ctx| {
        let harness: Object = ctx.eval(HARNESS).unwrap();
        let out: Array = harness.get("out").unwrap();
        let log = |line: String| out.set(out.len(), line).unwrap();
        let factories = Array::new(ctx.clone()).unwrap();
        for (index, module) in bundle.modules.iter().enumerate() {
            match eval(&ctx, &module.name, &module.factory) {
                Ok(factory) => factories.set(index, factory).unwrap(),
                Err(error) => panic!("{}: {error}\n{}", module.name, module.factory),
            }
        }
        let link: Function = eval(&ctx, "loadline:link", &bundle.link).unwrap().into_function().unwrap();
        for number in 1..=vus {
            let vu: Function = harness.get("vu").unwrap();
            let vu: Object = vu.call((number,)).unwrap();
            let builtins: Object = harness.get("builtins").unwrap();
            let linked = link.call::<_, Value>((factories.clone(), builtins, vu, share_packages)).catch(&ctx);
            let linked = linked.map_err(|error| describe(bundle, &error)).and_then(|value| {
                match value.as_promise().cloned() {
                    Some(promise) => {
                        promise.finish::<Value>().catch(&ctx).map_err(|error| describe(bundle, &error))
                    }
                    None => Ok(value),
                }
            });
            let called = linked.and_then(|namespace| {
                let Some(main) = namespace.as_object().and_then(|it| it.get::<_, Function>("default").ok())
                else {
                    return Ok(());
                };
                main.call::<_, Value>(()).catch(&ctx).map(drop).map_err(|error| describe(bundle, &error))
            });
            while runtime_has_jobs(&ctx) {}
            if let Err(error) = called {
                log(error);
            }
        }
        out.iter::<String>().map(Result::unwrap).collect::<Vec<_>>().join("\n")
    })
}

fn runtime_has_jobs(ctx: &Ctx<'_>) -> bool {
    ctx.execute_pending_job()
}

fn eval<'js>(ctx: &Ctx<'js>, name: &str, text: &str) -> Result<Value<'js>, String> {
    let mut options = rquickjs::context::EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(text, options).catch(ctx).map_err(|error| error.to_string())
}

/// An exception with its stack in the author's coordinates.
fn describe(bundle: &Bundle, error: &rquickjs::CaughtError<'_>) -> String {
    match error {
        rquickjs::CaughtError::Exception(exception) => {
            let name: String = exception.as_object().get("name").unwrap_or_default();
            let message = exception.message().unwrap_or_default();
            let stack = bundle.original_stack(&exception.stack().unwrap_or_default());
            format!("{name}: {message}\n{stack}").trim_end().to_owned()
        }
        other => format!("thrown: {other:?}"),
    }
}

/// The first lines of everything logged: output without stacks.
fn without_stacks(output: &str) -> String {
    output.lines().filter(|line| !line.starts_with("    at ")).collect::<Vec<_>>().join("\n")
}

/// Compiles and runs files in one VU and compares what was logged, stacks aside.
#[track_caller]
pub(super) fn check(files: &[(&str, &str)], expected: &str) {
    let bundle = bundle(files).unwrap_or_else(|error| panic!("{error}"));
    let output = without_stacks(&run(&bundle, 1));
    let expected =
        expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    assert_eq!(output, expected, "\n{}", bundle.modules[0].factory);
}

/// The text of the error of files that do not compile.
#[track_caller]
pub(super) fn refused(files: &[(&str, &str)]) -> String {
    match bundle(files) {
        Ok(bundle) => panic!("compiled:\n{}", bundle.modules[0].factory),
        Err(error) => error.to_string(),
    }
}
