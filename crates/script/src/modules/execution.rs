//! Module `k6/execution`, and the globals `__VU`, `__ITER` and `__ENV`.

use std::sync::PoisonError;

use rquickjs::function::This;
use rquickjs::object::{Accessor, Property};
use rquickjs::{Ctx, Exception, IntoJs, Object, Value};

use super::log::{Level, Source};
use super::registry::{Definition, Natives};
use super::state::vu;
use super::tags::tag_value;
use crate::vm;

pub(super) const MODULE: Definition = Definition {
    name: "k6/execution",
    exports: &["instance", "scenario", "vu", "test"],
    script: include_str!("execution.js"),
    natives,
};

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("instance", instance)?;
    natives.add("scenario", scenario)?;
    natives.add("vu", numbers)?;
    natives.add("getTag", get_tag)?;
    natives.add("setTag", set_tag)?;
    natives.add("deleteTag", delete_tag)?;
    natives.add("tagNames", tag_names)?;
    natives.add("getMetadata", get_metadata)?;
    natives.add("setMetadata", set_metadata)?;
    natives.add("metadataNames", |ctx: Ctx<'_>| {
        Ok::<_, rquickjs::Error>(vu(&ctx)?.metadata.borrow().keys().cloned().collect::<Vec<_>>())
    })?;
    natives.add("abort", abort)?;
    natives.add("fail", fail)?;
    natives.add("options", options)
}

/// `__VU`, `__ITER` and `__ENV` read the state of the user that asks, so they cost nothing until they are read.
pub(super) fn install_globals(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    globals.prop(
        "__VU",
        Accessor::from(|ctx: Ctx<'_>| Ok::<_, rquickjs::Error>(vu(&ctx)?.id() as f64)).enumerable(),
    )?;
    globals.prop(
        "__ITER",
        Accessor::from(|ctx: Ctx<'_>| Ok::<_, rquickjs::Error>(vu(&ctx)?.numbers.get().in_vu as f64))
            .enumerable(),
    )?;
    install_environment(&globals)
}

fn install_environment(global: &Object<'_>) -> rquickjs::Result<()> {
    global.prop("__ENV", Accessor::from(environment).enumerable().configurable())
}

/// The user's own object: made when it is first read, and kept as a property of the user's global object.
fn environment<'js>(ctx: Ctx<'js>, global: This<Object<'js>>) -> rquickjs::Result<Object<'js>> {
    let vu = vu(&ctx)?;
    let object = Object::new(ctx.clone())?;
    {
        let own = vu.environment.borrow();
        for (name, value) in own.as_deref().unwrap_or(&vu.worker.process.environment) {
            vm::define(&object, name.as_str(), value.as_str())?;
        }
    }
    global.0.prop("__ENV", Property::from(object.clone()).writable().enumerable().configurable())?;
    Ok(object)
}

/// Makes the next read of `__ENV` see the variables that are set then: the user has changed its scenario.
pub(crate) fn forget_environment(global: &Object<'_>) -> rquickjs::Result<()> {
    global.remove("__ENV")?;
    // A user that is alone has the realm's global object for its own.
    if global.contains_key("__ENV")? { Ok(()) } else { install_environment(global) }
}

fn instance(ctx: Ctx<'_>, key: String) -> rquickjs::Result<f64> {
    let vu = vu(&ctx)?;
    let Some(counters) = &vu.worker.counters else { return Ok(0.0) };
    Ok(match key.as_str() {
        "iterationsCompleted" => counters.iterations_completed() as f64,
        "iterationsInterrupted" => counters.iterations_interrupted() as f64,
        "vusActive" => counters.vus_active() as f64,
        "vusInitialized" => counters.vus_initialized() as f64,
        _ => counters.test_run_duration_ms(),
    })
}

fn scenario(ctx: Ctx<'_>, key: String) -> rquickjs::Result<Value<'_>> {
    let vu = vu(&ctx)?;
    let scenario = vu.scenario.borrow();
    let Some(scenario) = scenario.as_ref() else {
        return Err(Exception::throw_message(
            &ctx,
            "there is no scenario here: exec.scenario can be read in a scenario's function only",
        ));
    };
    let numbers = vu.numbers.get();
    match key.as_str() {
        "name" => scenario.name().into_js(&ctx),
        "executor" => scenario.executor().into_js(&ctx),
        "startTime" => scenario.start_unix_ms().floor().into_js(&ctx),
        "progress" => scenario.progress().into_js(&ctx),
        "iterationInInstance" => (numbers.in_instance as f64).into_js(&ctx),
        _ => (numbers.in_test as f64).into_js(&ctx),
    }
}

fn numbers(ctx: Ctx<'_>, key: String) -> rquickjs::Result<f64> {
    let vu = vu(&ctx)?;
    let numbers = vu.numbers.get();
    Ok(match key.as_str() {
        "iterationInInstance" => numbers.in_vu as f64,
        "iterationInScenario" => numbers.in_scenario as f64,
        _ => vu.id() as f64,
    })
}

/// The user's own tag, else the scenario's or the run's.
fn get_tag(ctx: Ctx<'_>, key: String) -> rquickjs::Result<Option<String>> {
    Ok(vu(&ctx)?.tag(&key))
}

fn set_tag<'js>(ctx: Ctx<'js>, key: String, value: Value<'js>) -> rquickjs::Result<()> {
    let vu = vu(&ctx)?;
    let value = tag_value(&ctx, &key, &value)?;
    {
        let mut own = vu.own_tags.borrow_mut();
        own.retain(|(known, _)| *known != key);
        own.push((key, value));
    }
    vu.refresh_tags();
    Ok(())
}

fn delete_tag(ctx: Ctx<'_>, key: String) -> rquickjs::Result<()> {
    let vu = vu(&ctx)?;
    vu.own_tags.borrow_mut().retain(|(known, _)| *known != key);
    vu.refresh_tags();
    Ok(())
}

fn tag_names(ctx: Ctx<'_>) -> rquickjs::Result<Vec<String>> {
    Ok(vu(&ctx)?.tag_names())
}

fn get_metadata(ctx: Ctx<'_>, key: String) -> rquickjs::Result<Option<String>> {
    Ok(vu(&ctx)?.metadata.borrow().get(&key).cloned())
}

/// Sets it, or takes it away.
fn set_metadata<'js>(ctx: Ctx<'js>, key: String, value: Value<'js>) -> rquickjs::Result<()> {
    let vu = vu(&ctx)?;
    if value.is_undefined() {
        vu.metadata.borrow_mut().remove(&key);
        return Ok(());
    }
    let value = tag_value(&ctx, &key, &value)?;
    vu.metadata.borrow_mut().insert(key, value);
    let message = "metadata of samples is in no output: what has to be told apart there belongs in `exec.vu.metrics.tags`";
    vu.log(Level::Warn, Source::Engine, message);
    Ok(())
}

fn abort(ctx: Ctx<'_>, reason: String) -> rquickjs::Result<()> {
    let reason =
        if reason.is_empty() { "test aborted".to_owned() } else { format!("test aborted: {reason}") };
    Err(vm::terminate(&ctx, &reason))
}

fn fail(ctx: Ctx<'_>, reason: String) -> rquickjs::Result<()> {
    let reason = if reason.is_empty() { "test marked as failed" } else { &reason };
    vu(&ctx)?.worker.process.fail(reason);
    Ok(())
}

fn options(ctx: Ctx<'_>) -> rquickjs::Result<String> {
    let vu = vu(&ctx)?;
    let options = vu.worker.process.options_json.read().unwrap_or_else(PoisonError::into_inner);
    Ok(if options.is_empty() { "{}".to_owned() } else { options.clone() })
}
