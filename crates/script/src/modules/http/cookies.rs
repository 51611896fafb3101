//! `CookieJar`.

use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use indexmap::IndexMap;
use loadline_client::{CookieJar, SetCookie, check_cookie};
use rquickjs::{Coerced, Ctx, Exception, Object, Value};
use url::Url;

use super::super::state::vu;
use super::response;
use crate::vm::Handle;

pub(super) fn new_jar(prototype: Object<'_>) -> rquickjs::Result<Object<'_>> {
    Handle::object(prototype, Rc::new(CookieJar::new()))
}

/// The jar that the user's requests use now; the next iteration has a new one.
pub(super) fn current_jar<'js>(ctx: Ctx<'js>, prototype: Object<'js>) -> rquickjs::Result<Object<'js>> {
    let jar = vu(&ctx)?.http.jar.borrow().clone();
    Handle::object(prototype, jar)
}

/// The jar that a script's object holds.
pub(super) fn jar_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Rc<CookieJar>> {
    let jar = value.as_object().and_then(Handle::get::<CookieJar>);
    jar.ok_or_else(|| {
        Exception::throw_type(ctx, "a jar is what `http.cookieJar()` or `new http.CookieJar()` returns")
    })
}

fn url(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<Url> {
    loadline_client::parse_url(text).map_err(|failure| Exception::throw_type(ctx, &failure.to_string()))
}

pub(super) fn set<'js>(
    ctx: Ctx<'js>,
    jar: Value<'js>,
    site: String,
    name: String,
    value: String,
    options: Value<'js>,
) -> rquickjs::Result<bool> {
    let jar = jar_of(&ctx, &jar)?;
    let site = url(&ctx, &site)?;
    check_cookie(&name, &value).map_err(|error| Exception::throw_type(&ctx, &error.to_string()))?;
    let mut cookie = SetCookie::new(name, value);
    if let Some(options) = options.as_object() {
        let text = |key: &str| -> rquickjs::Result<Option<String>> {
            let value: Value<'js> = options.get(key)?;
            if value.is_undefined() || value.is_null() {
                return Ok(None);
            }
            Ok(Some(value.get::<Coerced<String>>()?.0).filter(|text| !text.is_empty()))
        };
        cookie.domain = text("domain")?.map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
        cookie.path = text("path")?;
        cookie.secure = options.get::<_, Coerced<bool>>("secure")?.0;
        cookie.http_only = options.get::<_, Coerced<bool>>("http_only")?.0;
        cookie.max_age = text("max_age")?.and_then(|text| text.parse::<f64>().ok()).map(|age| age as i64);
        if let Some(expires) = text("expires")? {
            let parse: rquickjs::Function<'js> = ctx.globals().get::<_, Object<'js>>("Date")?.get("parse")?;
            let milliseconds: f64 = parse.call((expires.as_str(),))?;
            if milliseconds.is_nan() {
                let message = format!("`{expires}` is not a date: use `Fri, 31 Dec 2027 23:59:59 GMT`");
                return Err(Exception::throw_type(&ctx, &message));
            }
            cookie.expires = Some(UNIX_EPOCH + Duration::from_millis(milliseconds.max(0.0) as u64));
        }
    }
    Ok(jar.set(&site, cookie))
}

pub(super) fn delete<'js>(
    ctx: Ctx<'js>,
    jar: Value<'js>,
    site: String,
    name: String,
) -> rquickjs::Result<()> {
    jar_of(&ctx, &jar)?.delete(&url(&ctx, &site)?, &name);
    Ok(())
}

pub(super) fn clear<'js>(ctx: Ctx<'js>, jar: Value<'js>, site: String) -> rquickjs::Result<()> {
    jar_of(&ctx, &jar)?.clear(&url(&ctx, &site)?);
    Ok(())
}

/// The cookies that a request to `site` would carry: an object of lists of values.
pub(super) fn cookies_for<'js>(
    ctx: Ctx<'js>,
    jar: Value<'js>,
    site: String,
) -> rquickjs::Result<Object<'js>> {
    let mut by_name: IndexMap<String, Vec<String>> = IndexMap::new();
    for (name, value) in jar_of(&ctx, &jar)?.cookies_for(&url(&ctx, &site)?) {
        by_name.entry(name).or_default().push(value);
    }
    response::object_of_lists(&ctx, by_name)
}
