//! A new user of a realm: the factories called once more, with a global object of its own.

use std::any::Any;
use std::rc::Rc;

use rquickjs::{Object, Persistent};
use tokio::time::Instant;

use super::call::Vu;
use super::error::CallError;
use super::event_loop;
use super::object::define;
use super::realm::Realm;
use super::sharing::Sharing;
use super::slot::Slot;

impl Realm {
    /// Runs the script's init code for a new user. Native functions find `state` by [`super::current_state`].
    ///
    /// # Errors
    /// What the init code throws; [`CallError::TimedOut`] when it exceeds the realm's limit.
    ///
    /// # Panics
    /// Never: a realm that is handed out is complete.
    pub fn instantiate(&self, id: u64, state: Rc<dyn Any>) -> Result<Vu, CallError> {
        let slot = Slot::new(id, state, self.shared.script.mapper.clone());
        let limit = self.shared.settings.init_limit;
        slot.deadline.set(Some(Instant::now() + limit));
        let stop = self.shared.settings.stop_init.clone();
        if stop.is_asked() {
            slot.interrupted.replace(Some(Rc::new(move || stop.is_now())));
        }
        slot.shared.set(self.shared.settings.sharing == Sharing::Shared);
        let shared = Rc::clone(&self.shared);
        let own = Rc::clone(&slot);
        let namespace = self.shared.run(Some(&slot), move |ctx| {
            let (base, factories, link, builtins) = {
                let parts = shared.parts.borrow();
                let parts = parts.as_ref().expect("a realm that is handed out has its parts");
                (
                    parts.base.clone().restore(&ctx)?,
                    parts.factories.clone().restore(&ctx)?,
                    parts.link.clone().restore(&ctx)?,
                    parts.builtins.clone().restore(&ctx)?,
                )
            };
            // Who is alone has the realm's global object, which is what text that becomes code sees.
            let global = if shared.settings.sharing == Sharing::Alone && !shared.taken.replace(true) {
                base
            } else {
                let global = Object::new(ctx.clone())?;
                global.set_prototype(Some(&base))?;
                define(&global, "globalThis", global.clone())?;
                global
            };
            own.global.replace(Some(Persistent::save(&ctx, global.clone())));
            let linked = link.call((factories, builtins, global.clone(), shared.settings.share_packages))?;
            // With `await` at top level the link function returns a promise.
            let namespace: Object<'_> = event_loop::settle(&ctx, &own, linked)?.get()?;
            Ok((Persistent::save(&ctx, namespace), Persistent::save(&ctx, global)))
        });
        slot.deadline.set(None);
        let (namespace, global) = namespace.inspect_err(|_| drop(slot.global.take()))?;
        slot.set_may_block(true);
        Ok(Vu::new(self.clone(), slot, namespace, global))
    }
}
