//! A realm: one QuickJS runtime in which a script is compiled once and instantiated for many virtual users.
//!
//! A module is a *factory*: a function over its imports and its `globalThis`. Calling the factories anew gives a
//! user its own module state over shared bytecode, so a user costs its closures. Natives and the script's link
//! function belong to the realm. All JavaScript, this file's too, runs on fibers of [`super::raw`].

use std::rc::Rc;
use std::sync::Arc;

use rquickjs::{Array, Ctx, Function, Object, Persistent};

use super::error::CallError;
use super::raw::{self, Engine, LeakReport, Root};
use super::script_text::{RealmSettings, ScriptText, SourceText};
use super::shared::{Parts, Shared};
use super::sharing::{self, Findings, Sharing};
use super::slot;

/// One QuickJS runtime with the script's factories; cheap to clone, stays on its thread.
#[derive(Clone)]
pub struct Realm {
    pub(super) shared: Rc<Shared>,
}

impl Realm {
    /// Compiles `script` in a new runtime. `install` makes the builtins table that the link function receives.
    ///
    /// # Errors
    /// [`CallError::Thrown`] for a syntax error in a factory; [`CallError::Machine`] without memory or stacks.
    pub fn new<F>(script: Arc<ScriptText>, settings: &RealmSettings, install: F) -> Result<Realm, CallError>
    where
        F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Object<'js>> + 'static,
    {
        let machine = |error: rquickjs::Error| CallError::Machine(error.to_string());
        let (runtime, context) = Engine::new().map_err(machine)?;
        runtime.set_interrupt_handler(Some(Box::new(slot::current_should_stop)));
        runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
            let Some(slot) = slot::current() else { return };
            let promise = Persistent::save(&ctx, promise);
            let mut rejections = slot.rejections.borrow_mut();
            if handled {
                rejections.retain(|(rejected, _)| *rejected != promise);
            } else {
                rejections.push((promise, Persistent::save(&ctx, reason)));
            }
        })));
        let root = Root::start(context).map_err(|error| CallError::Machine(error.to_string()))?;
        let shared = Rc::new(Shared::new(runtime, root, Arc::clone(&script), settings.clone()));
        let sharing = settings.sharing;
        let (parts, findings) = shared.run(None, move |ctx| {
            let builtins = install(&ctx)?;
            // A user alone pays for none of it.
            let guard = match sharing {
                Sharing::Alone => None,
                Sharing::Watched | Sharing::Shared => Some(sharing::guard(&ctx, sharing)?),
            };
            let base = guard.as_ref().map_or_else(|| ctx.globals(), |guard| guard.base.clone());
            let factories = Array::new(ctx.clone())?;
            for (index, factory) in script.factories.iter().enumerate() {
                factories.set(index, evaluate(&ctx, factory)?)?;
            }
            let link = evaluate(&ctx, &script.link)?;
            let parts = Parts {
                base: Persistent::save(&ctx, base),
                language: guard.as_ref().map(|guard| Persistent::save(&ctx, guard.language.clone())),
                factories: Persistent::save(&ctx, factories),
                link: Persistent::save(&ctx, link),
                builtins: Persistent::save(&ctx, builtins),
            };
            Ok((parts, guard.map(|guard| guard.findings).unwrap_or_default()))
        })?;
        shared.parts.replace(Some(parts));
        shared.findings.replace(findings);
        shared.runtime.set_memory_limit(settings.memory_limit_bytes.unwrap_or(0));
        Ok(Realm { shared })
    }

    /// Sets who is told, when the realm goes, that its script or the engine left something behind; the memory is lost
    /// then.
    pub fn report_leaks(&self, report: LeakReport) {
        self.shared.runtime.report_leaks(report);
    }

    /// What a watched realm's user did, and whether the language is another than the one `before` describes.
    ///
    /// # Errors
    /// [`CallError::Machine`] without a stack or memory.
    pub fn findings(&self, before: Option<&str>) -> Result<Findings, CallError> {
        let mut findings = self.shared.findings.borrow().borrow().clone();
        if let (None, Some(before), Some(after)) = (&findings.language, before, self.language()?) {
            findings.language = sharing::changed(before, &after);
        }
        Ok(findings)
    }

    /// A description of the language's own objects; `None` where a user is alone.
    ///
    /// # Errors
    /// [`CallError::Machine`] without a stack or memory.
    pub fn language(&self) -> Result<Option<String>, CallError> {
        let language = self.shared.parts.borrow().as_ref().and_then(|parts| parts.language.clone());
        language
            .map(|language| self.shared.run(None, move |ctx| language.restore(&ctx)?.call(())))
            .transpose()
    }

    /// Collects cycles now; the memory of everything unreachable is free afterwards.
    pub fn collect(&self) {
        self.shared.runtime.run_gc();
    }

    /// Bytes that QuickJS has allocated for this realm.
    pub fn used_bytes(&self) -> u64 {
        self.shared.runtime.memory_usage().malloc_size.try_into().unwrap_or(0)
    }
}

fn evaluate<'js>(ctx: &Ctx<'js>, source: &SourceText) -> rquickjs::Result<Function<'js>> {
    let mut options = raw::eval_options(&source.file);
    options.strict = false;
    ctx.eval_with_options(source.text.as_str(), options)
}
