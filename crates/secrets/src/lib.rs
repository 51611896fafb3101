//! What nobody may see in what this program prints, writes and keeps.
//!
//! Three things give a secret away: where it stands (user and password of a URL, a query parameter or a header that is
//! called `token`), the name of the variable that it comes in (`SHOP_PASSWORD`), and the project file, which lists
//! names and values. Every way out (screen, standard output, tags, descriptions of runs, files) passes through
//! [`masked`]; what a script sees of its own values is untouched.
//!
//! There is one set of secrets for a process, because a process has one environment and whoever prints cannot know in
//! which part of it a value was a secret.

mod known;
mod mask;
mod names;
mod places;
mod source;

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

pub use self::known::Secrets;
pub use self::mask::MASK;
pub use self::names::says_secret;

static ALL: RwLock<Secrets> = RwLock::new(Secrets::new());
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Shows all of it from now on, for who looks for what is wrong with it. Whoever asks for this has to be told.
pub fn show_all() {
    SHOWN.store(true, Ordering::Relaxed);
}

fn is_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

/// Adds what variables bring: values of those whose names say that they are secret, and what is secret in URLs.
pub fn learn_variables(variables: impl IntoIterator<Item = (String, String)>) {
    change(|secrets| {
        for (name, value) in variables {
            secrets.learn_variable(&name, &value);
        }
    });
}

/// Adds what is secret in a text that may be a URL.
pub fn learn_url(text: &str) {
    change(|secrets| secrets.learn_url(text));
}

/// Adds what a project lists: names of variables, parameters and headers, or the secrets themselves.
pub fn learn_listed(listed: &[String]) {
    change(|secrets| secrets.learn_listed(listed));
}

/// The text without secrets.
pub fn masked(text: &str) -> Cow<'_, str> {
    if is_shown() {
        return Cow::Borrowed(text);
    }
    ALL.read().unwrap_or_else(PoisonError::into_inner).masked(text)
}

/// The value of a header, as it may be shown.
pub fn masked_header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if is_shown() {
        return Cow::Borrowed(value);
    }
    ALL.read().unwrap_or_else(PoisonError::into_inner).masked_header(name, value)
}

/// Takes secrets out of JSON: values of keys whose names say so, of everything below a key `env`, and what is secret in
/// other texts.
pub fn mask_json(value: &mut Value) {
    if !is_shown() {
        ALL.read().unwrap_or_else(PoisonError::into_inner).mask_json(value);
    }
}

/// The text of a project file with a `*` for each byte of a secret, so that every place in it stays where it was.
pub fn masked_source(text: &str) -> String {
    if is_shown() {
        return text.to_owned();
    }
    source::masked_source(text, &ALL.read().unwrap_or_else(PoisonError::into_inner))
}

fn change(change: impl FnOnce(&mut Secrets)) {
    change(&mut ALL.write().unwrap_or_else(PoisonError::into_inner));
}
