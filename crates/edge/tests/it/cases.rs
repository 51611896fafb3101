//! Cases of the specifications: what a cache does, step by step, each with the section that says so.
//!
//! The cases are data, in `tests/cases/`. A case begins with a line `§RFC.SECTION title`. Then come steps:
//!
//! - `> GET /a | Name: value | …` is a request; `> +30 GET /a` is one thirty seconds later; `body=…` gives it content;
//! - `< 200 | Name: value | body=…` is what the origin answers when it is asked, in order; `< dead` is no answer;
//!   `< +2 200` is one that takes two seconds;
//! - `= hit, age 30` is what has to come of it: see `Expected`;
//! - `=h Name: value` is a header that the client has to get, `=h !Name` one that it may not;
//! - `=o Name: value` and `=o !Name` are the same of what the origin was asked last;
//! - `policy: …` changes the cache's settings; `purge softly URL` and `purge URL` purge.
//!
//! With a line `each: a | b | c` a case is one case for each of them, put in the place of `{}`.

use std::collections::VecDeque;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use loadline_edge::policy::{Authorized, ClientDirectives, Policy, SetCookie};
use loadline_edge::{Asking, Cache, Limits, Moment, Purge, Reply, Step, key};

/// When cases begin: Sun, 06 Nov 1994 08:49:37 GMT.
const START: i64 = 784_111_777;
/// So many cases there are at least.
const FEWEST: usize = 250;

struct Case {
    place: String,
    title: String,
    lines: Vec<(usize, String)>,
}

/// A cache, its clock and its origin.
struct World {
    cache: Cache,
    now: Moment,
    answers: VecDeque<String>,
    asked: Vec<Request<()>>,
    reply: Option<Reply>,
    was_asked: usize,
    was_refreshed: bool,
}

#[test]
fn what_the_specifications_say_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cases: Vec<Case> = files.iter().flat_map(|file| read(file)).collect();
    let mut failures = String::new();
    for case in &cases {
        if let Err((line, why)) = run(case) {
            let _ = writeln!(failures, "{}:{line}: {}: {why}", case.place, case.title);
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(cases.len() >= FEWEST, "{} cases", cases.len());
}

fn read(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("a file of cases");
    let place = file.file_name().expect("a file").to_string_lossy().into_owned();
    let mut cases: Vec<Case> = Vec::new();
    let mut each: Vec<Vec<String>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('§') {
            let (section, _) = line.split_once(' ').expect("a section has a title");
            let known =
                ["§9111.", "§9110.", "§5861.", "§9211.", "§9213.", "§9875.", "§10008.", "§8246.", "§nvs."];
            assert!(
                known.iter().any(|known| section.starts_with(known)),
                "{place}:{}: {section}",
                number + 1
            );
            cases.push(Case { place: place.clone(), title: line.to_owned(), lines: Vec::new() });
            each.push(Vec::new());
        } else if let Some(values) = line.strip_prefix("each: ") {
            *each.last_mut().expect("a case") =
                values.split(" | ").map(|value| value.trim().to_owned()).collect();
        } else {
            cases.last_mut().expect("a case").lines.push((number + 1, line.to_owned()));
        }
    }
    let expand = |(case, values): (Case, Vec<String>)| {
        if values.is_empty() {
            return vec![case];
        }
        let one = |value: String| Case {
            place: case.place.clone(),
            title: format!("{} [{value}]", case.title),
            lines: case.lines.iter().map(|(at, line)| (*at, line.replace("{}", &value))).collect(),
        };
        values.into_iter().map(one).collect()
    };
    cases.into_iter().zip(each).flat_map(expand).collect()
}

fn run(case: &Case) -> Result<(), (usize, String)> {
    let mut policy = Policy::default();
    for (at, line) in &case.lines {
        if let Some(settings) = line.strip_prefix("policy: ") {
            set(&mut policy, settings).map_err(|why| (*at, why))?;
        }
    }
    let mut world = World {
        cache: Cache::new(policy, Limits { variants: 3, ..Limits::default() }),
        now: Moment::from_seconds(START),
        answers: VecDeque::new(),
        asked: Vec::new(),
        reply: None,
        was_asked: 0,
        was_refreshed: false,
    };
    let is_check = |line: &str| line.starts_with('=');
    let mut at = 0;
    let mut checks = 0;
    while let Some((number, line)) = case.lines.get(at) {
        at += 1;
        let failed = |why: String| (*number, why);
        if let Some(request) = line.strip_prefix("> ") {
            // What the origin answers stands behind the request.
            while let Some(answer) = case.lines.get(at).and_then(|(_, line)| line.strip_prefix("< ")) {
                world.answers.push_back(answer.to_owned());
                at += 1;
            }
            world.request(request).map_err(failed)?;
        } else if is_check(line) {
            checks += 1;
            world.check(line).map_err(failed)?;
        } else if let Some(url) = line.strip_prefix("purge ") {
            let (softly, url) = match url.strip_prefix("softly ") {
                Some(url) => (Some(world.now), url),
                None => (None, url),
            };
            let purge = match url.strip_prefix("group ") {
                Some(group) => Purge::Group(group.to_owned()),
                None if url.starts_with("method=") => Purge::Key(url.to_owned()),
                None => Purge::Url(format!("http://shop.test{url}").parse().expect("a URL")),
            };
            assert!(world.cache.purge(&purge, softly) > 0, "{url}");
        } else if !line.starts_with("policy: ") {
            return Err(failed(format!("what is `{line}`?")));
        }
    }
    if checks == 0 { Err((0, "it checks nothing".to_owned())) } else { Ok(()) }
}

fn set(policy: &mut Policy, settings: &str) -> Result<(), String> {
    for setting in settings.split(", ") {
        match setting {
            "cookies kept" => policy.set_cookie = SetCookie::Keep,
            "cookies stripped" => policy.set_cookie = SetCookie::Strip,
            "authorized where permitted" => policy.authorized = Authorized::WherePermitted,
            "clients ignored" => policy.client_directives = ClientDirectives::Ignore,
            "no heuristic" => policy.heuristic = None,
            "no stale when unreachable" => policy.stale_if_unreachable = Duration::ZERO,
            "no targets" => policy.targets = Vec::new(),
            "targets shop-cache-control, cdn-cache-control" | "two targets" => {
                policy.targets = vec![
                    HeaderName::from_static("shop-cache-control"),
                    HeaderName::from_static("cdn-cache-control"),
                ];
            }
            other => return Err(format!("there is no setting `{other}`")),
        }
    }
    Ok(())
}

/// The pieces of a line: what stands first, headers, and a body.
fn pieces(line: &str) -> (String, HeaderMap, Option<String>) {
    let mut pieces = line.split(" | ");
    let first = pieces.next().unwrap_or_default().trim().to_owned();
    let mut headers = HeaderMap::new();
    let mut body = None;
    for piece in pieces {
        if let Some(text) = piece.trim().strip_prefix("body=") {
            body = Some(text.to_owned());
        } else {
            let (name, value) = piece.split_once(':').unwrap_or_else(|| panic!("`{piece}` is no header"));
            let name: HeaderName = name.trim().parse().expect("a name");
            let value = value.strip_prefix(' ').unwrap_or(value);
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
    }
    (first, headers, body)
}

/// A text without a leading `+SECONDS`, which move the clock.
fn later<'t>(text: &'t str, now: &mut Moment) -> &'t str {
    let Some((seconds, rest)) = text.strip_prefix('+').and_then(|text| text.split_once(' ')) else {
        return text;
    };
    *now = now.plus(Duration::from_secs_f64(seconds.parse().expect("seconds")));
    rest
}

impl World {
    fn request(&mut self, line: &str) -> Result<(), String> {
        let (first, headers, body) = pieces(line);
        let first = later(&first, &mut self.now).to_owned();
        let (method, target) = first.split_once(' ').ok_or("a request has a method and a path")?;
        let uri =
            if target.starts_with('/') { format!("http://shop.test{target}") } else { target.to_owned() };
        let mut request =
            Request::builder().method(method).uri(uri).body(()).map_err(|error| error.to_string())?;
        *request.headers_mut() = headers;
        let content = body.unwrap_or_default().into_bytes();
        let key = key::plain(&request, &content).map_err(|error| error.to_string())?;
        (self.was_asked, self.was_refreshed) = (0, false);
        let step = self.cache.request(self.now, &key, &request);
        let reply = match step {
            Step::Done(reply) => reply,
            Step::Ask(asking) => self.ask(asking)?,
            Step::DoneAndAsk(reply, asking) => {
                self.was_refreshed = true;
                // When nothing is said of the origin, the refresh is still under way.
                if !self.answers.is_empty() {
                    self.ask(asking)?;
                }
                reply
            }
        };
        self.reply = Some(reply);
        match self.answers.pop_front() {
            Some(unused) => Err(format!("the origin was not asked for `{unused}`")),
            None => Ok(()),
        }
    }

    fn ask(&mut self, mut asking: Box<Asking>) -> Result<Reply, String> {
        loop {
            self.was_asked += 1;
            self.asked.push(asking.forwarded.request.clone());
            let answer = self.answers.pop_front().ok_or_else(|| {
                format!("the origin is asked ({:?}) and has no answer", asking.forwarded.why)
            })?;
            let (first, headers, body) = pieces(&answer);
            let first = later(&first, &mut self.now);
            if first == "dead" {
                return Ok(self.cache.unreachable(self.now, &asking));
            }
            let body = body.unwrap_or_else(|| format!("answer {}", self.asked.len()));
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = first.parse().map_err(|_| format!("`{first}` is no status"))?;
            *response.headers_mut() = headers;
            match self.cache.answer_whole(self.now, asking, response) {
                Step::Done(reply) | Step::DoneAndAsk(reply, _) => return Ok(reply),
                Step::Ask(next) => asking = next,
            }
        }
    }

    fn check(&self, line: &str) -> Result<(), String> {
        let reply = self.reply.as_ref().ok_or("nothing was requested")?;
        if let Some(header) = line.strip_prefix("=h ") {
            return has(reply.response.headers(), header, "the client's answer");
        }
        if let Some(header) = line.strip_prefix("=o ") {
            let asked = self.asked.last().ok_or("the origin was not asked")?;
            return has(asked.headers(), header, "the origin's request");
        }
        for expected in line.trim_start_matches('=').split(',') {
            self.expect(reply, expected.trim())?;
        }
        Ok(())
    }

    fn expect(&self, reply: &Reply, expected: &str) -> Result<(), String> {
        let status = &reply.status;
        let (word, rest) = expected.split_once(' ').unwrap_or((expected, ""));
        let found = match word {
            "hit" if status.hit && self.was_asked == 0 && !self.was_refreshed => return Ok(()),
            // Served stale, and the origin is asked meanwhile.
            "refreshed" if status.hit && self.was_refreshed => return Ok(()),
            "refused" if self.was_asked == 0 && reply.response.status() == 504 => return Ok(()),
            "hit" | "refreshed" | "refused" => format!("asked {} times: {status:?}", self.was_asked),
            "uri-miss" | "vary-miss" | "stale" | "request" | "method" | "bypass" | "partial" => {
                let said = status.forward.as_ref().map_or("none", |forward| forward.as_str());
                if said == word && self.was_asked > 0 {
                    return Ok(());
                }
                format!("{said}, asked {} times", self.was_asked)
            }
            "stored" if status.stored => return Ok(()),
            "stored" => format!("not stored: {:?}", status.detail),
            "not" if !status.stored && status.detail.as_deref() == Some(rest) => return Ok(()),
            "not" => format!("stored {}, {:?}", status.stored, status.detail),
            "status" => reply.response.status().as_str().to_owned(),
            "age" => text(reply.response.headers(), "age").unwrap_or_else(|| "none".to_owned()),
            "ttl" => status.ttl.map_or("none".to_owned(), |ttl| ttl.to_string()),
            "detail" => status.detail.clone().unwrap_or_else(|| "none".to_owned()),
            "body" => String::from_utf8_lossy(reply.response.body()).into_owned(),
            "empty" if reply.response.body().is_empty() => return Ok(()),
            "empty" => format!("{} bytes", reply.response.body().len()),
            "asked" => self.was_asked.to_string(),
            "kept" => self.cache.len().to_string(),
            other => return Err(format!("there is no expectation `{other}`")),
        };
        if !rest.is_empty() && found == rest && word != "not" {
            return Ok(());
        }
        Err(format!("expected `{expected}`, found `{found}`"))
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    if lines.is_empty() { None } else { Some(lines.join(", ")) }
}

fn has(headers: &HeaderMap, header: &str, whose: &str) -> Result<(), String> {
    if let Some(name) = header.strip_prefix('!') {
        return match text(headers, name) {
            Some(value) => Err(format!("{whose} has `{name}: {value}`")),
            None => Ok(()),
        };
    }
    let (name, value) = header.split_once(": ").ok_or("a header has a value")?;
    match text(headers, name) {
        Some(found) if found == value => Ok(()),
        found => Err(format!("{whose} has {found:?} for `{name}`, not `{value}`")),
    }
}
