//! What directives say together.

use std::time::Duration;

use super::finding::{Found, place};
use crate::fields::cache_control::{CacheControl, Scope, Seconds};
use crate::policy::SetCookie;
use crate::rules::rule::Rule;

/// An answer that is called immutable and is fresh for less than this is hardly meant so.
const IMMUTABLE: Duration = Duration::from_hours(24);

pub(super) fn check(rule: &Rule, found: &mut Found<'_>) {
    let all = std::iter::once(("", &rule.control))
        .chain(rule.targeted.iter().map(|(name, control)| (name.as_str(), control)));
    for (field, control) in all {
        contradictions(rule, field, control, found);
        staleness(rule, field, control, found);
    }
    freshness(rule, found);
    cookies(rule, found);
}

fn of(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!(" in `{field}`") }
}

fn contradictions(rule: &Rule, field: &str, control: &CacheControl, found: &mut Found<'_>) {
    let here = place(rule, &rule.places.cache);
    let (is_kept, of) = (kept(control), of(field));
    if let Some(kept) = is_kept.filter(|_| control.no_store && !control.must_understand) {
        found.error(
            here,
            format!("`no_store`{of} contradicts `{kept}`: nothing is kept, so there is nothing to keep for so long"),
            format!("leave out `{kept}`, or `no_store`"),
        );
    }
    if control.public && control.private.is_whole() {
        found.error(here, format!("`public`{of} contradicts `private`"), "leave out one of them");
    }
    if control.private.is_whole() && control.s_maxage != Seconds::Absent {
        found.error(
            here,
            format!("`private`{of} contradicts `s_maxage`, which is for caches that many share"),
            "use `max_age`, which is for the client's own cache",
        );
    }
    if control.immutable && control.no_cache.is_whole() {
        found.error(
            here,
            format!("`immutable`{of} contradicts `no_cache`, which has the origin asked each time"),
            "leave out one of them",
        );
    }
}

/// What says that something is kept.
fn kept(control: &CacheControl) -> Option<&'static str> {
    [
        ("max_age", control.max_age.known().is_some_and(|time| !time.is_zero())),
        ("s_maxage", control.s_maxage.known().is_some_and(|time| !time.is_zero())),
        ("stale_while_revalidate", control.stale_while_revalidate != Seconds::Absent),
        ("stale_if_error", control.stale_if_error != Seconds::Absent),
        ("public", control.public),
        ("immutable", control.immutable),
    ]
    .into_iter()
    .find_map(|(name, is_there)| is_there.then_some(name))
}

fn staleness(rule: &Rule, field: &str, control: &CacheControl, found: &mut Found<'_>) {
    let here = place(rule, &rule.places.cache);
    let stale = [
        ("stale_while_revalidate", control.stale_while_revalidate),
        ("stale_if_error", control.stale_if_error),
    ];
    let of = of(field);
    for (name, _) in stale.into_iter().filter(|(_, time)| time.known().is_some_and(|time| !time.is_zero())) {
        let forbids = [
            ("must_revalidate", control.must_revalidate),
            ("proxy_revalidate", control.proxy_revalidate),
            ("no_cache", control.no_cache == Scope::Whole),
        ];
        for (forbids, _) in forbids.into_iter().filter(|(_, is_there)| *is_there) {
            found.error(
                here,
                format!("`{name}`{of} contradicts `{forbids}`, which forbids to serve anything stale (RFC 9111 §5.2.2)"),
                format!("leave out `{forbids}`, or `{name}`"),
            );
        }
        if control.s_maxage != Seconds::Absent {
            found.warn(
                here,
                format!(
                    "`s_maxage`{of} implies `proxy_revalidate` (RFC 9111 §5.2.2.10), so `{name}` does nothing; some caches serve stale all the same"
                ),
                "write `max_age` for `s_maxage`, and what is for some caches only under `targeted`, such as \
                 `targeted = { \"CDN-Cache-Control\" = { max_age = \"…\", stale_while_revalidate = \"…\" } }`",
            );
        }
    }
}

fn freshness(rule: &Rule, found: &mut Found<'_>) {
    let control = &rule.control;
    let here = place(rule, &rule.places.cache);
    if control.immutable && control.max_age.known().is_none_or(|time| time < IMMUTABLE) {
        found.warn(
            here,
            "`immutable` says that an answer never changes while it is fresh, which is not for long here",
            "write `max_age = \"365d\"` beside it, with a URL that changes when the content does",
        );
    }
    let says_how_long = |control: &CacheControl| {
        control.max_age != Seconds::Absent
            || control.s_maxage != Seconds::Absent
            || control.no_cache.is_whole()
    };
    let effective = rule.targeted.first().map_or(control, |(_, control)| control);
    if rule.is_cacheable() && !says_how_long(effective) {
        found.warn(
            here,
            "answers may be kept, and nothing says for how long: caches guess, each in its own way",
            "add `max_age`, or `no_cache = true` to have them validated each time",
        );
    }
}

fn cookies(rule: &Rule, found: &mut Found<'_>) {
    if !rule.is_cacheable() {
        return;
    }
    if rule.set_cookie == Some(SetCookie::Keep) {
        found.error(
            place(rule, &rule.places.set_cookie),
            "answers are kept with the cookies that they set: whoever comes next gets somebody's session",
            "write `set_cookie = \"strip\"`, or `\"refuse\"` to keep no such answer",
        );
    }
    if rule.control.public && rule.set_cookie.is_none() {
        found.warn(
            place(rule, &rule.places.cache),
            "`public` has caches keep answers that set cookies, and answers to requests with credentials",
            "say what becomes of cookies: `set_cookie = \"strip\"`, or `\"refuse\"` to keep no such answer; where nothing \
             needs `public`, leave it out",
        );
    }
}
