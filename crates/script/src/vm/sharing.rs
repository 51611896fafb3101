//! What keeps the users of one realm apart where the engine does not.
//!
//! A realm has one global object, one job queue and one set of the language's own objects. A user's code reads the
//! global object through a prototype that cannot be written; jobs run before another user's turn
//! ([`event_loop`](super::event_loop)); nothing can be added to the language's own objects. What cannot be kept
//! apart, text that becomes code, ends the run and says what to do about it. `sharing.js` does the work.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::{Ctx, Function, Object};
use rustc_hash::FxHashSet;

use super::error::REMEDY;
use super::raw;
use super::slot;

/// Who lives in a realm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// One user, who may do anything.
    #[default]
    Alone,
    /// One user, whose init code tells whether others could live with it: see [`Findings`].
    Watched,
    /// Several users.
    Shared,
}

/// What a watched user did that others must not share; the first thing of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How it made code from text: `Function`, `eval`.
    pub code: Option<String>,
    /// Which of the language's own objects it changed.
    pub language: Option<String>,
}

/// What a realm is given.
pub(super) struct Guard<'js> {
    /// The prototype of users' global objects.
    pub(super) base: Object<'js>,
    /// Describes the language's own objects.
    pub(super) language: Function<'js>,
    pub(super) findings: Rc<RefCell<Findings>>,
}

/// Prepares a realm, after the globals of ours are there.
///
/// # Errors
/// Without memory.
pub(super) fn guard<'js>(ctx: &Ctx<'js>, sharing: Sharing) -> rquickjs::Result<Guard<'js>> {
    let findings = Rc::new(RefCell::new(Findings::default()));
    let native = Object::new(ctx.clone())?;
    native.set("global", Function::new(ctx.clone(), |ctx: Ctx<'js>| slot::current_global(&ctx))?)?;
    let reporter = |verb: &'static str, kind: fn(&mut Findings) -> &mut Option<String>| {
        let found = Rc::clone(&findings);
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, what: String| {
            if sharing == Sharing::Shared {
                return Err(slot::terminate(&ctx, &format!("the script {verb} `{what}`, {REMEDY}")));
            }
            kind(&mut found.borrow_mut()).get_or_insert(what);
            Ok(())
        })
    };
    native.set("code", reporter("makes code from text with", |found| &mut found.code)?)?;
    native.set("language", reporter("changes", |found| &mut found.language)?)?;
    let mode = if sharing == Sharing::Shared { "shared" } else { "watched" };
    let script: Function<'js> =
        ctx.eval_with_options(include_str!("sharing.js"), raw::eval_options("loadline:sharing"))?;
    let made: Object<'js> = script.call((native, mode))?;
    Ok(Guard { base: made.get("base")?, language: made.get("language")?, findings })
}

/// What the second of two descriptions of the language has otherwise: the first name of a property, if any.
pub(super) fn changed(before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    let name = |line: &'_ str| line.split('\t').next().unwrap_or_default().to_owned();
    let names = |text: &str| text.lines().map(name).collect::<FxHashSet<String>>();
    let (old, new) = (names(before), names(after));
    // A property more or less shifts the numbers of others, so these are looked at first.
    let added = || after.lines().map(name).find(|name| !old.contains(name));
    let removed = || before.lines().map(name).find(|name| !new.contains(name));
    let other = || before.lines().zip(after.lines()).find(|(old, new)| old != new).map(|(old, _)| name(old));
    added().or_else(removed).or_else(other).or_else(|| Some("globalThis".to_owned()))
}
