//! `URL` and `URLSearchParams`, by the WHATWG's URL Standard.

use rquickjs::{Array, Ctx};
use url::{Url, form_urlencoded, quirks};

use super::super::registry::{Definition, Natives};
use crate::vm;

pub(super) const GLOBALS: Definition =
    Definition { name: "url", exports: &["URL", "URLSearchParams"], script: include_str!("url.js"), natives };

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("parse", parse)?;
    natives.add("change", changed)?;
    natives.add("pairs", pairs)?;
    natives.add("query", query)
}

fn parse(ctx: Ctx<'_>, text: String, base: Option<String>) -> rquickjs::Result<Option<Array<'_>>> {
    let url = match base {
        None => Url::parse(&text),
        Some(base) => Url::parse(&base).and_then(|base| base.join(&text)),
    };
    url.ok().map(|url| parts(&ctx, &url)).transpose()
}

/// The parts after a change; nothing when it cannot be made.
fn changed(ctx: Ctx<'_>, href: String, part: String, value: String) -> rquickjs::Result<Option<Array<'_>>> {
    let Ok(mut url) = Url::parse(&href) else { return Ok(None) };
    change(&mut url, &part, &value).then(|| parts(&ctx, &url)).transpose()
}

/// Names and values of a query, in turns.
fn pairs(ctx: Ctx<'_>, text: String) -> rquickjs::Result<Array<'_>> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    vm::list_of(&ctx, pairs.flat_map(|(name, value)| [name.into_owned(), value.into_owned()]))
}

fn query(flat: Vec<String>) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for pair in flat.chunks_exact(2) {
        text.append_pair(&pair[0], &pair[1]);
    }
    text.finish()
}

/// The parts of a URL, in the order in which `url.js` names them.
fn parts<'js>(ctx: &Ctx<'js>, url: &Url) -> rquickjs::Result<Array<'js>> {
    let origin = quirks::origin(url);
    let parts = [
        quirks::href(url),
        &origin,
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    vm::list_of(ctx, parts)
}

/// Sets a part; whether it could be set.
fn change(url: &mut Url, part: &str, value: &str) -> bool {
    match part {
        "href" => quirks::set_href(url, value).is_ok(),
        "protocol" => quirks::set_protocol(url, value).is_ok(),
        "username" => quirks::set_username(url, value).is_ok(),
        "password" => quirks::set_password(url, value).is_ok(),
        "host" => quirks::set_host(url, value).is_ok(),
        "hostname" => quirks::set_hostname(url, value).is_ok(),
        "port" => quirks::set_port(url, value).is_ok(),
        "pathname" => {
            quirks::set_pathname(url, value);
            true
        }
        "search" => {
            quirks::set_search(url, value);
            true
        }
        "hash" => {
            quirks::set_hash(url, value);
            true
        }
        _ => false,
    }
}
