//! A mix as a script: one `ramping-arrival-rate` scenario for each endpoint, whose stages are the minutes.
//!
//! Each minute is a jump to its rate and a minute at it, so that what starts in it is what came in it. Rates are whole
//! numbers in that executor, so they are written for an hour, or for longer where an endpoint is asked seldom: a
//! rounding then is less than what anybody can see. What counters cannot know, bodies and the segments of paths that
//! vary, is left open, and the script says so before it starts instead of measuring how fast errors are.
//!
//! Source of the executor's arithmetic:
//! <https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/ramping-arrival-rate/>.

use std::fmt::Write as _;

use jiff::Timestamp;
use loadline_units::count;
use loadline_verdict::Endpoints;

use crate::mix::Mix;
use crate::names::{functions, in_comment, in_template, quoted};

/// A minute's rate that is rounded by no more than this.
const ROUNDING: f64 = 0.005;
/// Minutes that rates are for: an hour, a day, a month, a year.
const LENGTHS: [u32; 4] = [60, 1_440, 43_200, 525_600];
/// Minutes on one line.
const ON_A_LINE: usize = 20;

/// How to run it, in its head.
const USE: [&str; 4] = [
    "//",
    "//   loadline run FILE -e BASE_URL=https://staging.test",
    "//   loadline run FILE -e BASE_URL=https://staging.test -e TIMES=2",
    "//   loadline run FILE -e BASE_URL=https://staging.test -e MINUTE_S=5    the same rates in a twelfth of the time",
];
const TIMES: &str = "// How many times as much as production had.";
const MINUTE: &str = "// How long a minute takes, in seconds.";
const SECONDS: &str = "// So long may a request take before users run short, in seconds; for longer there are ten times as many.";
const MINUTES: &str = "// Requests in each minute.";

/// A script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub text: String,
    /// What has to be filled in before it runs: `a body for search.findPrograms`.
    pub to_fill_in: Vec<String>,
    /// Endpoints that it has a scenario of.
    pub endpoints: Vec<String>,
    /// Endpoints that nobody asked, which it has none of.
    pub unasked: Vec<String>,
}

/// An endpoint that is asked.
struct Asked<'m> {
    name: &'m str,
    method: String,
    /// Literal parts of the path, and names of what varies.
    segments: Vec<Segment>,
    per_minute: &'m [f64],
}

enum Segment {
    Literal(String),
    Varies(String),
}

impl Asked<'_> {
    fn has_body(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PUT" | "PATCH")
    }

    fn varies(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Varies(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }
}

impl Script {
    /// Writes a mix, every rate so many times as high; `source` says where it is from.
    pub fn of(mix: &Mix, endpoints: &Endpoints, times: f64, source: &str) -> Self {
        let mut asked = Vec::new();
        let mut unasked = Vec::new();
        for (number, endpoint) in endpoints.iter().enumerate() {
            if mix.requests(number) > 0.0 {
                let (method, segments) = route(&endpoint.route.to_string());
                asked.push(Asked {
                    name: &endpoint.name,
                    method,
                    segments,
                    per_minute: mix.per_minute(number),
                });
            } else {
                unasked.push(endpoint.name.clone());
            }
        }
        let mut to_fill_in = Vec::new();
        for one in &asked {
            to_fill_in.extend(one.varies().map(|segment| format!("`{segment}` in the path of {}", one.name)));
            to_fill_in.extend(one.has_body().then(|| format!("a body for {}", one.name)));
        }
        Self {
            text: text(mix, &asked, times, source),
            to_fill_in,
            endpoints: asked.iter().map(|one| one.name.to_owned()).collect(),
            unasked,
        }
    }
}

/// A method and the segments of a path: those that vary have names, no two alike.
fn route(text: &str) -> (String, Vec<Segment>) {
    let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
    let mut segments = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for part in path.split('/').skip(1) {
        let name = match part {
            "**" => "rest",
            "*" => "segment",
            part => match part.strip_prefix(':') {
                Some(name) if !name.is_empty() => name,
                _ => {
                    segments.push(Segment::Literal(part.to_owned()));
                    continue;
                }
            },
        };
        let alike = names.iter().filter(|known| *known == name).count();
        names.push(name.to_owned());
        segments.push(Segment::Varies(if alike == 0 {
            name.to_owned()
        } else {
            format!("{name}{}", alike + 1)
        }));
    }
    (method.to_owned(), segments)
}

/// For how many minutes rates are written, so that none is rounded by much.
fn length(asked: &[Asked<'_>], times: f64) -> u32 {
    let fits = |minutes: u32| {
        asked.iter().flat_map(|one| one.per_minute).filter(|count| **count > 0.0).all(|count| {
            let wanted = count * times * f64::from(minutes);
            (wanted.round() - wanted).abs() <= ROUNDING * wanted
        })
    };
    LENGTHS.into_iter().find(|minutes| fits(*minutes)).unwrap_or(LENGTHS[LENGTHS.len() - 1])
}

fn text(mix: &Mix, asked: &[Asked<'_>], times: f64, source: &str) -> String {
    let names = functions(asked.iter().map(|one| one.name));
    let minutes = length(asked, times);
    let at = |at_s: i64| Timestamp::from_second(at_s).map_or_else(|_| at_s.to_string(), |at| at.to_string());
    let (from, to) = (at(mix.from_s), at(mix.from_s + mix.minutes() as i64 * 60));
    let mut text = format!(
        "// What production was asked from {from} to {to}, as a load test.\n\
         // Written by `loadline watch --profile` from {}: one scenario for each endpoint, and in each minute as many\n\
         // requests as came in it.\n",
        in_comment(source)
    );
    for remark in &mix.remarks {
        let _ = writeln!(text, "// {}.", in_comment(remark));
    }
    for line in USE {
        let _ = writeln!(text, "{line}");
    }
    let _ = write!(
        text,
        "import http from \"k6/http\";\n\n\
         const BASE_URL = __ENV.BASE_URL || \"http://127.0.0.1:8080\";\n\
         {TIMES}\n\
         const TIMES = Number(__ENV.TIMES || {times});\n\
         {MINUTE}\n\
         const MINUTE_S = Number(__ENV.MINUTE_S || 60);\n\
         {SECONDS}\n\
         const SECONDS = 1;\n\n\
         {MINUTES}\n\
         const PER_MINUTE = {{\n"
    );
    for one in asked {
        let counts: Vec<String> = one.per_minute.iter().map(|count| number(*count)).collect();
        if counts.len() <= ON_A_LINE {
            let _ = writeln!(text, "  {}: [{}],", quoted(one.name), counts.join(", "));
            continue;
        }
        let _ = writeln!(text, "  {}: [", quoted(one.name));
        for line in counts.chunks(ON_A_LINE) {
            let _ = writeln!(text, "    {},", line.join(", "));
        }
        text += "  ],\n";
    }
    text += "};\n\n";
    open_parts(&mut text, asked);
    let _ = write!(
        text,
        "// Rates are whole numbers, so they are for {}.\n\
         const PER_TARGET = {minutes};\n\n\
         function scenario(name, exec) {{\n\
         \x20 const targets = PER_MINUTE[name].map((count) => Math.round(count * TIMES * PER_TARGET));\n\
         \x20 const peak = Math.max(...targets) / PER_TARGET / 60;\n\
         \x20 return {{\n\
         \x20   executor: \"ramping-arrival-rate\",\n\
         \x20   exec,\n\
         \x20   startRate: targets[0],\n\
         \x20   timeUnit: `${{PER_TARGET}}m`,\n\
         \x20   preAllocatedVUs: Math.ceil(peak * SECONDS) + 1,\n\
         \x20   maxVUs: Math.ceil(peak * SECONDS * 10) + 10,\n\
         \x20   // A jump to the rate of each minute, and a minute at it.\n\
         \x20   stages: targets.flatMap((target) => [{{ duration: \"0s\", target }}, {{ duration: `${{MINUTE_S}}s`, target }}]),\n\
         \x20 }};\n\
         }}\n\n\
         export const options = {{\n\
         \x20 scenarios: {{\n",
        match minutes {
            60 => "an hour".to_owned(),
            1_440 => "a day".to_owned(),
            minutes => format!("{} minutes", count(u64::from(minutes))),
        }
    );
    for (one, function) in asked.iter().zip(&names) {
        let _ = writeln!(text, "    {function}: scenario({}, {}),", quoted(one.name), quoted(function));
    }
    text += "  },\n};\n";
    for (one, function) in asked.iter().zip(&names) {
        request(&mut text, one, function);
    }
    text
}

/// What cannot be known, and what is done as long as it is not.
fn open_parts(text: &mut String, asked: &[Asked<'_>]) {
    let (bodies, segments) =
        (asked.iter().any(Asked::has_body), asked.iter().any(|one| one.varies().next().is_some()));
    if !bodies && !segments {
        return;
    }
    if bodies {
        *text += "// FILL IN: bodies as production gets them; a text, or a function that makes one.\nconst BODIES = {\n";
        for one in asked.iter().filter(|one| one.has_body()) {
            let _ = writeln!(text, "  {}: null,", quoted(one.name));
        }
        *text += "};\n\n";
    }
    if segments {
        *text +=
            "// FILL IN: what varies in paths; a text, or a function that makes one.\nconst SEGMENTS = {\n";
        for one in asked.iter().filter(|one| one.varies().next().is_some()) {
            let values: Vec<String> = one.varies().map(|name| format!("{}: null", quoted(name))).collect();
            let _ = writeln!(text, "  {}: {{ {} }},", quoted(one.name), values.join(", "));
        }
        *text += "};\n\n";
    }
    let mut parts = Vec::new();
    if bodies {
        parts.push(
            "  ...Object.entries(BODIES).filter(([, body]) => body === null).map(([name]) => `a body for ${name}`),\n",
        );
    }
    if segments {
        parts.push(
            "  ...Object.entries(SEGMENTS).flatMap(([name, all]) =>\n    Object.entries(all).filter(([, one]) => one === null).map(([segment]) => `${segment} in the path of ${name}`)),\n",
        );
    }
    let _ = write!(
        text,
        "// A load test with nothing in its requests would measure how fast they are refused.\n\
         const missing = [\n{}];\n\
         if (missing.length > 0) {{\n\
         \x20 throw new Error(`fill in first, in this file: ${{missing.join(\", \")}}`);\n\
         }}\n\n\
         function value(one) {{\n\
         \x20 return typeof one === \"function\" ? one() : one;\n\
         }}\n\n",
        parts.concat()
    );
}

fn request(text: &mut String, one: &Asked<'_>, function: &str) {
    let mut path = String::new();
    for segment in &one.segments {
        path.push('/');
        match segment {
            Segment::Literal(literal) => path += &in_template(literal),
            Segment::Varies(name) => {
                let _ = write!(path, "${{value(SEGMENTS[{}][{}])}}", quoted(one.name), quoted(name));
            }
        }
    }
    let (body, headers) = if one.has_body() {
        (
            format!("value(BODIES[{}])", quoted(one.name)),
            "headers: { \"Content-Type\": \"application/json\" }, ",
        )
    } else {
        ("null".to_owned(), "")
    };
    let _ = write!(
        text,
        "\nexport function {function}() {{\n\
         \x20 http.request({}, `${{BASE_URL}}{path}`, {body}, {{ {headers}tags: {{ name: {} }} }});\n\
         }}\n",
        quoted(&one.method),
        quoted(one.name)
    );
}

/// Four digits, as counters know no more; all of whole numbers.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || value <= 0.0 {
        return format!("{value:.0}");
    }
    let digits = (3 - value.log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        let texts = [
            ("search", "POST /api/search"),
            ("program", "GET /programs/:id"),
            ("files", "/files/*/*/**"),
            ("never", "GET /never"),
        ];
        Endpoints::of_texts(&texts.map(|(name, route)| (name.to_owned(), route.to_owned())))
    }

    #[test]
    fn what_cannot_be_known_is_left_open_and_said() {
        let counts = vec![vec![10.0, 20.0], vec![0.25, 0.0], vec![1.0, 1.0], vec![0.0, 0.0]];
        let mix = Mix::new(1_783_155_600, counts).unwrap();
        let script = Script::of(&mix, &endpoints(), 1.5, "http://p\n// x");
        assert_eq!(
            script.to_fill_in,
            [
                "a body for search",
                "`id` in the path of program",
                "`segment` in the path of files",
                "`segment2` in the path of files",
                "`rest` in the path of files"
            ]
        );
        assert_eq!((script.endpoints.len(), script.unasked), (3, vec!["never".to_owned()]));
        for wanted in [
            "from 2026-07-04T09:00:00Z to 2026-07-04T09:02:00Z",
            "from http://p // x: one",
            "\"search\": [10, 20],",
            "\"program\": [0.25, 0],",
            "const PER_TARGET = 1440;",
            "`${BASE_URL}/programs/${value(SEGMENTS[\"program\"][\"id\"])}`",
            "http.request(\"POST\", `${BASE_URL}/api/search`, value(BODIES[\"search\"])",
            "files: scenario(\"files\", \"files\")",
        ] {
            assert!(script.text.contains(wanted), "{wanted}\n{}", script.text);
        }
    }

    #[test]
    fn numbers_are_short_and_whole_ones_exact() {
        assert_eq!(
            [12_345_678.0, 0.0, 10.5, 1234.56, 0.001_234_56, 99.999].map(number),
            ["12345678", "0", "10.5", "1235", "0.001235", "100"]
        );
    }
}
