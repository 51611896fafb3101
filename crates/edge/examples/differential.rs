//! The policy engine beside another implementation: exchanges and what that one makes of them come in, one JSON object
//! a line, and each difference goes out under its explanation. See `bench/cache-semantics`.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::BufRead;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use loadline_edge::fields::cache_control::{CacheControl, MaxStale, Scope, Seconds};
use loadline_edge::policy::{Authorized, Heuristic, Policy};
use loadline_edge::{Cache, Limits, Moment, Step, key};
use serde::Deserialize;

/// When answers come: Sun, 06 Nov 1994 08:49:37 GMT.
const START: i64 = 784_111_777;
/// Differences without an explanation that are shown.
const SHOWN: usize = 30;

#[derive(Deserialize)]
struct Exchange {
    request: Message,
    response: Answer,
    again: Message,
    after: u64,
    theirs: String,
}

#[derive(Deserialize)]
struct Message {
    method: String,
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut same: BTreeMap<String, u64> = BTreeMap::new();
    let mut differences: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    let (mut unexplained, mut count) = (0, 0);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let exchange: Exchange = serde_json::from_str(&line)?;
        let (ours, kept_not) = ours(&exchange)?;
        count += 1;
        if ours == exchange.theirs {
            *same.entry(ours.to_owned()).or_default() += 1;
            continue;
        }
        if let Some(why) = explanation(&exchange, ours, kept_not.as_deref()) {
            *differences.entry((why, format!("ours {ours}, theirs {}", exchange.theirs))).or_default() += 1;
        } else {
            unexplained += 1;
            if unexplained <= SHOWN {
                println!("unexplained, ours {ours}: {line}");
            }
        }
    }
    println!("{count} exchanges");
    for (outcome, count) in &same {
        println!("{count:7}  both {outcome}");
    }
    for ((why, outcomes), count) in &differences {
        println!("{count:7}  {outcomes}: {why}");
    }
    println!("{unexplained:7}  differences without an explanation");
    Ok(if unexplained == 0 && count > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What this engine makes of an exchange, and why it kept nothing if it did not, where it keeps what RFC 9111 permits
/// and guesses as the other does.
fn ours(exchange: &Exchange) -> Result<(&'static str, Option<String>), Box<dyn Error>> {
    let policy = Policy {
        authorized: Authorized::WherePermitted,
        heuristic: Some(Heuristic { percent: 10, most: Duration::MAX }),
        ..Policy::default()
    };
    let cache = Cache::new(policy, Limits::default());
    let start = Moment::from_seconds(START);
    let request = request(&exchange.request)?;
    let again = self::request(&exchange.again)?;
    let mut kept_not = None;
    if let Step::Ask(asking) = cache.request(start, &key::plain(&request, b"")?, &request) {
        let mut response = Response::new(Bytes::from_static(b"answer"));
        *response.status_mut() = exchange.response.status.try_into()?;
        for (name, value) in &exchange.response.headers {
            response.headers_mut().insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
        }
        if let Step::Done(reply) = cache.answer_whole(start, asking, response)
            && !reply.status.stored
        {
            kept_not = reply.status.detail;
        }
    }
    let now = start.plus(Duration::from_secs(exchange.after));
    let outcome = match cache.request(now, &key::plain(&again, b"")?, &again) {
        Step::Done(_) => "serve",
        Step::DoneAndAsk(..) => "refresh",
        Step::Ask(_) => "ask",
    };
    Ok((outcome, kept_not))
}

fn request(message: &Message) -> Result<Request<()>, Box<dyn Error>> {
    let mut request = Request::builder().method(message.method.as_str()).uri("http://shop.test/").body(())?;
    for (name, value) in &message.headers {
        request.headers_mut().insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    Ok(request)
}

/// Why two engines differ on an exchange, with the section that ours goes by.
fn explanation(exchange: &Exchange, ours: &str, kept_not: Option<&str>) -> Option<&'static str> {
    let header = |name: &str| exchange.response.headers.get(name).map(String::as_str);
    let written = header("cache-control").unwrap_or_default();
    let said = CacheControl::parse(written);
    let asked = CacheControl::parse(exchange.again.headers.get("cache-control").map_or("", String::as_str));
    let theirs = exchange.theirs.as_str();
    let (we_serve, they_serve) = (ours != "ask", theirs != "ask");
    let explanations = [
        (
            header("pragma").is_some() && written.is_empty() && we_serve,
            "`Pragma` of an answer has never meant anything (RFC 9111 §5.4)",
        ),
        (
            exchange.again.headers.contains_key("pragma") && we_serve,
            "`Pragma` of a request is deprecated (§5.4)",
        ),
        (
            exchange.again.method == Method::HEAD.as_str() && we_serve,
            "`HEAD` is served from what `GET` left (RFC 9110 §9.3.2)",
        ),
        (
            header("set-cookie").is_some() && they_serve,
            "what sets a cookie is not kept, even where §7.3 and `public` permit it",
        ),
        (
            said.must_revalidate && we_serve,
            "`must-revalidate` forbids to serve stale, not to serve fresh (§5.2.2.2)",
        ),
        (
            said.proxy_revalidate && we_serve,
            "`proxy-revalidate` forbids to serve stale, not to serve fresh (§5.2.2.8)",
        ),
        (
            (said.proxy_revalidate || said.must_revalidate || said.s_maxage != Seconds::Absent)
                && theirs == "refresh",
            "what forbids to serve stale, `s-maxage` among them (§5.2.2.10), forbids stale-while-revalidate too",
        ),
        (
            (said.proxy_revalidate || said.must_revalidate || said.s_maxage != Seconds::Absent)
                && asked.max_stale != MaxStale::None
                && they_serve,
            "what forbids to serve stale forbids it to `max-stale` too (§5.2.2.2, §5.2.2.8, §5.2.2.10)",
        ),
        (
            said.no_cache.is_whole() && they_serve,
            "`no-cache` is validated before each use, whatever `max-stale` or stale-while-revalidate say (§5.2.2.4)",
        ),
        (
            matches!(said.no_cache, Scope::Fields(_)) && we_serve,
            "`no-cache` with names of fields is of these fields (§5.2.2.4)",
        ),
        (
            matches!(said.private, Scope::Fields(_)) && we_serve,
            "`private` with names of fields is of these fields (§5.2.2.7)",
        ),
        (
            [201, 400, 403, 500, 503].contains(&exchange.response.status) && we_serve,
            "any final status is kept when it says for how long, or that it is public (§3)",
        ),
        (
            said.must_understand && !said.no_store && they_serve && exchange.response.status != 200,
            "`must-understand` asks for a status of which all is known (§5.2.2.3)",
        ),
        (
            said.must_understand && said.no_store && we_serve,
            "`must-understand` takes `no-store` back (§5.2.2.3)",
        ),
        (
            (said.max_age == Seconds::Unclear || said.s_maxage == Seconds::Unclear) && they_serve,
            "a time that is no number, or there twice and differs, makes an answer stale (§4.2.1)",
        ),
        (
            written.contains("max-age=5\"") || written.contains("Max-Age"),
            "names of directives have no case, and commas within quotes part nothing (§5.2)",
        ),
        (
            kept_not == Some("no-freshness") && asked.max_stale != MaxStale::None && they_serve,
            "an answer that was stale when it came and cannot be validated is not kept, so `max-stale` finds none",
        ),
        (
            header("expires") == Some("0") && they_serve,
            "`Expires: 0` is in the past (§5.3); JavaScript reads it as the year 2000",
        ),
        (
            said.stale_while_revalidate != Seconds::Absent && ours == "refresh" && theirs == "serve",
            "stale-while-revalidate has an answer validated in the background, also where `max-stale` takes it stale",
        ),
        (
            said.immutable && they_serve,
            "`immutable` makes nothing fresh for longer than it says (RFC 8246 §2)",
        ),
        (
            header("age").is_some_and(|age| age.contains('.')) && we_serve,
            "an `Age` that is no number is none (§5.1)",
        ),
        (
            !aged(exchange).is_zero() && they_serve,
            "the time since an answer's date is part of its age (§4.2.3)",
        ),
        (
            exchange.request.headers.contains_key("cookie")
                && !is_explicit(&said, header("expires"))
                && they_serve,
            "what is only guessed to be fresh is not served to others when the request had a cookie",
        ),
        (
            same_language(exchange) && we_serve,
            "fields that vary are compared by their grammar: blanks and case of languages are the same (§4.1)",
        ),
    ];
    let found = explanations.into_iter().find_map(|(holds, why)| holds.then_some(why));
    found.or_else(|| edge_of_time(exchange, &said, &asked, ours))
}

/// How much older an answer is by its date than it says.
fn aged(exchange: &Exchange) -> Duration {
    let date = exchange.response.headers.get("date").map_or("", String::as_str);
    let start = Moment::from_seconds(START);
    loadline_edge::fields::date::parse(date, start).map(|date| start.since(date)).unwrap_or_default()
}

fn is_explicit(said: &CacheControl, expires: Option<&str>) -> bool {
    said.max_age != Seconds::Absent || said.s_maxage != Seconds::Absent || expires.is_some()
}

fn same_language(exchange: &Exchange) -> bool {
    let plain = |message: &Message| {
        message.headers.get("accept-language").map(|value| value.replace(' ', "").to_lowercase())
    };
    exchange.response.headers.get("vary").is_some_and(|vary| vary.to_lowercase().contains("accept-language"))
        && exchange.request.headers.get("accept-language") != exchange.again.headers.get("accept-language")
        && plain(&exchange.request) == plain(&exchange.again)
}

/// A window of so many seconds has its last one in it: theirs end before it.
fn edge_of_time(
    exchange: &Exchange,
    said: &CacheControl,
    asked: &CacheControl,
    ours: &str,
) -> Option<&'static str> {
    let has_window = said.stale_while_revalidate.known().is_some_and(|time| !time.is_zero());
    let is_last = has_window && ours == "refresh" && exchange.theirs == "ask";
    let is_last_of_client =
        matches!(asked.max_stale, MaxStale::Of(_)) && ours == "serve" && exchange.theirs != "serve";
    (is_last || is_last_of_client)
        .then_some("a window of so many seconds has its last one in it (RFC 9111 §5.2.1.2, RFC 5861 §3)")
}
