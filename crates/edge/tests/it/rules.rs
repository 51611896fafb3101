//! Files of rules: what is wrong with them, what is not wise, and the keys that they make.

use std::path::Path;

use http::{HeaderName, Request};
use loadline_edge::rules::{Asked, Rules, Severity, lint};
use proptest::collection::vec;
use proptest::prelude::*;

fn holiday() -> (Rules, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../apps/holiday/edge.toml");
    let text = std::fs::read_to_string(file).expect("holiday's rules");
    (Rules::parse("edge.toml", &text).expect("rules"), text)
}

fn ask(rules: &Rules, line: &str) -> Asked {
    try_to_ask(rules, line).expect("a request")
}

/// What a line asks; none when it makes no request.
fn try_to_ask(rules: &Rules, line: &str) -> Option<Asked> {
    let mut pieces = line.split(" | ");
    let (method, url) = pieces.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(format!("http://h{url}")).body(()).ok()?;
    for piece in pieces {
        let (name, value) = piece.split_once(": ")?;
        request.headers_mut().append(name.parse::<HeaderName>().ok()?, value.parse().ok()?);
    }
    rules.ask(request, &[]).ok()
}

#[test]
fn the_storys_rules_say_what_the_story_says_and_nothing_is_found_in_them() {
    let (rules, text) = holiday();
    assert_eq!(lint(&rules, "edge.toml", &text), []);
    for (path, control) in [
        ("/_next/static/chunks/app.js", "public, immutable, max-age=31536000"),
        ("/images/programs/1.svg", "public, max-age=604800, stale-while-revalidate=86400"),
        ("/api/trpc/public.getPrograms", "public, max-age=300, stale-while-revalidate=60"),
        ("/api/trpc/public.getProviders", "public, max-age=3600, stale-while-revalidate=300"),
        ("/api/health/live", "no-cache, no-store, must-revalidate"),
        ("/", "public, max-age=0, must-revalidate"),
        ("/login", "private, no-store"),
        // A batch is kept for the shortest of its calls' times, and not at all with a call that may not be.
        (
            "/api/trpc/public.getPrograms,public.getProviders",
            "public, max-age=300, stale-while-revalidate=60",
        ),
    ] {
        assert_eq!(rules.find(path).expect(path).rule.control.to_string(), control, "{path}");
    }
    for mixed in
        ["public.getPrograms,payment.createSubscription", "payment.createSubscription,public.getPrograms"]
    {
        let rule = rules.find(&format!("/api/trpc/{mixed}")).expect(mixed).rule;
        assert_eq!(
            (rule.control.to_string().as_str(), rule.is_cacheable()),
            ("private, no-store", false),
            "{mixed}"
        );
    }
}

#[test]
fn keys_have_what_answers_depend_on() {
    let (rules, _) = holiday();
    let programs = "/api/trpc/public.getPrograms";
    for (line, expected) in [
        ("GET /_next/static/a.js?v=1", "path=/_next/static/a.js query"),
        ("GET /api/trpc/public.getPrograms?input=1&utm_source=x", "query=input=1 header.x-location"),
        ("GET /api/trpc/public.getPrograms?input=1&batch=1", "query=batch=1&input=1 header.x-location"),
        ("GET /api/trpc/public.getPrograms | X-Location:  2000 ", "query header.x-location=2000"),
        ("GET /api/trpc/public.getPrograms | X-Location: -33.87, 151.21", "query header.x-location=r3gx"),
        ("GET /api/trpc/public.getPrograms | X-Location: -33.85,151.19", "query header.x-location=r3gx"),
        ("GET /api/trpc/public.getProviders | X-Location: 2000", "path=/api/trpc/public.getProviders query"),
        ("GET /account?b=1&a=2 | Cookie: s=1", "path=/account query=b=1&a=2"),
    ] {
        let key = ask(&rules, line).key.to_string();
        assert!(
            key.starts_with("method=GET origin=http://h path=/") && key.ends_with(expected),
            "{line}: {key}"
        );
    }
    // What the origin sees is what the key says.
    let asked = ask(
        &rules,
        &format!(
            "GET {programs}?utm=x&input=1 | X-Location: -33.87,151.21 | Cookie: s=1 | X-Forwarded-Host: evil"
        ),
    );
    assert_eq!(asked.request.uri().to_string(), format!("http://h{programs}?input=1"));
    assert_eq!(asked.request.headers().len(), 1);
    assert_eq!(asked.request.headers()["x-location"], "r3gx");
    // Where nothing is kept, nothing is taken out.
    let own = ask(&rules, "POST /api/trpc/payment.createSubscription | Cookie: s=1 | X-Forwarded-Host: shop");
    assert_eq!(own.request.headers().len(), 2);
    let batch = ask(
        &rules,
        "GET /api/trpc/public.getProviders,public.getPrograms?batch=1&input=2 | X-Location: 2000",
    );
    assert!(batch.key.to_string().ends_with("query=batch=1&input=2 header.x-location=2000"), "{}", batch.key);
}

#[test]
fn what_is_wrong_with_a_file_has_its_line_and_a_fix() {
    for (text, line, words) in [
        ("", 1, "no rules"),
        ("rule = 1", 1, "write `[[rule]]`"),
        ("[[rule]]\npath = '/a'\n[[rules]]", 3, "did you mean `rule`?"),
        ("[[rule]]\ncache = { public = true }", 1, "a rule has no `path`"),
        ("[[rule]]\npath = 'a'", 2, "a path begins with `/`"),
        ("[[rule]]\npath = '/a?'", 2, "`?` is not part of patterns"),
        ("[[rule]]\npath = '/a'\ncach = {}", 3, "did you mean `cache`?"),
        ("[[rule]]\npath = '/a'\ncache = { max_age = '300' }", 3, "max_age = \"5m\""),
        ("[[rule]]\npath = '/a'\ncache = { max_age = '1.5s' }", 3, "a part of a second"),
        ("[[rule]]\npath = '/a'\ncache = { max_age = 300 }", 3, "a text in quotes"),
        ("[[rule]]\npath = '/a'\ncache = { max-age = '5m' }", 3, "did you mean `max_age`?"),
        ("[[rule]]\npath = '/a'\ncache = 'public'", 3, "takes a table"),
        ("[[rule]]\npath = '/a'\ncache = { private = [] }", 3, "header fields"),
        ("[[rule]]\npath = '/a'\nvary = ['*']", 3, "no header field"),
        ("[[rule]]\npath = '/a'\nset_cookie = 'eat'", 3, "`\"strip\"`"),
        ("[[rule]]\npath = '/a'\nkey = { query = 'sort' }", 3, "did you mean `sorted`?"),
        ("[[rule]]\npath = '/a'\nkey = { only = ['a'], without = ['b'] }", 3, "exclude each other"),
        (
            "[[rule]]\npath = '/a'\nkey = { location = { header = 'X-L', grid = 'geohash' } }",
            3,
            "needs a `precision`",
        ),
        (
            "[[rule]]\npath = '/a'\nkey = { location = { header = 'X-L', grid = 'h3', precision = 4 } }",
            3,
            "no grid `h3`",
        ),
        (
            "[[rule]]\npath = '/a'\nkey = { location = { grid = 'decimals', precision = 1 } }",
            3,
            "no `header`",
        ),
        ("[[rule]]\npath = '/a'\nno_vary_search = { except = ['a'] }", 3, "`params = true`"),
        ("[[rule]]\npath = '/a'\ntargeted = { X-Foo = {} }", 3, "CDN-Cache-Control"),
        ("batches = 'api'\n[[rule]]\npath = '/a'", 1, "/api/trpc"),
        ("[[rule]]\npath = '/a'\npath = '/b'", 3, "not TOML"),
    ] {
        let told = Rules::parse("edge.toml", text).expect_err(text).to_string();
        assert!(told.contains(&format!("--> edge.toml:{line}\n")) && told.contains(words), "{text}\n{told}");
    }
}

#[test]
fn what_is_not_wise_has_its_line_and_a_fix() {
    use Severity::{Error, Warning};
    let rule = |lines: &str| format!("[[rule]]\npath = '/a'\n{lines}\n");
    for (text, severity, line, words) in [
        (rule("cache = { s_maxage = '5m', stale_while_revalidate = '1m' }"), Warning, 3, "proxy_revalidate"),
        (rule("cache = { s_maxage = '5m', stale_if_error = '1m' }"), Warning, 3, "stale_if_error"),
        (
            rule("targeted = { CDN-Cache-Control = { s_maxage = '5m', stale_while_revalidate = '1m' } }"),
            Warning,
            2,
            "cdn-cache-control",
        ),
        (
            rule("cache = { max_age = '5m', must_revalidate = true, stale_while_revalidate = '1m' }"),
            Error,
            3,
            "forbids to serve anything stale",
        ),
        (rule("cache = { no_cache = true, stale_if_error = '1m' }"), Error, 3, "no_cache"),
        (rule("cache = { no_store = true, max_age = '5m' }"), Error, 3, "nothing is kept"),
        (rule("cache = { public = true, private = true }"), Error, 3, "contradicts `private`"),
        (rule("cache = { private = true, s_maxage = '5m' }"), Error, 3, "use `max_age`"),
        (
            rule("cache = { immutable = true, no_cache = true, max_age = '365d' }"),
            Error,
            3,
            "contradicts `no_cache`",
        ),
        (rule("cache = { immutable = true, max_age = '5m' }"), Warning, 3, "365d"),
        (rule("cache = { must_understand = true }"), Warning, 3, "caches guess"),
        (rule("cache = { public = true, max_age = '5m' }"), Warning, 3, "set_cookie = \"strip\""),
        (rule("cache = { max_age = '5m' }\nset_cookie = 'keep'"), Error, 4, "somebody's session"),
        (
            rule("cache = { max_age = '5m' }\nkey = { query = 'sorted', headers = ['X-Tenant'] }"),
            Error,
            4,
            "add \"x-tenant\" to `vary`",
        ),
        (
            rule(
                "cache = { max_age = '5m' }\nkey = { query = 'sorted', location = { header = 'X-Location', grid = 'geohash', precision = 4 } }",
            ),
            Error,
            4,
            "add \"x-location\" to `vary`",
        ),
        (
            rule("cache = { max_age = '5m' }\nkey = { query = 'sorted', cookies = ['currency'] }"),
            Warning,
            4,
            "Cookie",
        ),
        (
            rule(
                "cache = { max_age = '5m' }\nvary = ['Authorization']\nkey = { query = 'sorted', headers = ['Authorization'] }",
            ),
            Error,
            5,
            "nobody ever shares",
        ),
        (rule("cache = { max_age = '5m' }\nvary = ['Cookie']"), Warning, 4, "key.cookies"),
        (rule("cache = { max_age = '5m' }\nvary = ['User-Agent']"), Warning, 4, "thousands"),
        (rule("cache = { max_age = '5m' }\nvary = ['Available-Dictionary']"), Warning, 4, "RFC 9842"),
        (rule("cache = { max_age = '5m' }\nvary = ['X-Location']"), Warning, 4, "raw coordinate"),
        (
            rule(
                "cache = { max_age = '5m' }\nvary = ['X-Geo']\nkey = { query = 'sorted', headers = ['X-Geo'] }",
            ),
            Warning,
            4,
            "geohash",
        ),
        (
            rule(
                "cache = { max_age = '5m' }\nvary = ['X-L']\nkey = { query = 'left', location = { header = 'X-L', grid = 'geohash', precision = 8 } }",
            ),
            Warning,
            5,
            "smaller than a kilometre",
        ),
        (
            rule("cache = { max_age = '5m' }\nvary = ['X-T']\nkey = { headers = ['X-T'] }"),
            Warning,
            5,
            "query = \"sorted\"",
        ),
        (
            rule("cache = { max_age = '5m' }\nno_vary_search = { params = ['utm'] }"),
            Warning,
            4,
            "without = [\"utm\"]",
        ),
        (
            rule("cache = { max_age = '5m' }\nno_vary_search = { key_order = true }"),
            Warning,
            4,
            "tells orders apart",
        ),
        (
            rule(
                "cache = { max_age = '5m' }\nno_vary_search = { params = true, except = ['id'] }\nkey = { query = 'left' }",
            ),
            Error,
            4,
            "is not in the key",
        ),
        (
            rule("cache = { max_age = '5m' }\ngroups = ['a name that has more than thirty-two letters']"),
            Warning,
            4,
            "RFC 9875",
        ),
        (rule("cache = { max_age = '5m' }\ntags = ['é']"), Error, 4, "printable ASCII"),
        (
            "[[rule]]\npath = '/a/**'\n[[rule]]\npath = '/a/*.{css,js}'\n".to_owned(),
            Error,
            4,
            "never matches",
        ),
        (
            "[[rule]]\npath = '/b'\nname = '/a'\n[[rule]]\npath = '/a'\n".to_owned(),
            Warning,
            4,
            "two rules `/a`",
        ),
        (
            "[[rule]]\npath = '/api/trpc/a'\ncache = { max_age = '5m' }\n".to_owned(),
            Warning,
            2,
            "batches = \"/api/trpc\"",
        ),
        ("[[rule]]\npath = '/api/a,b'\n".to_owned(), Warning, 2, "one batch of calls"),
    ] {
        let rules = Rules::parse("edge.toml", &text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
        let findings = lint(&rules, "edge.toml", &text);
        let told: Vec<String> =
            findings.iter().map(|found| format!("{}: {}", found.severity, found.problem)).collect();
        let is_told = told.iter().any(|told| {
            told.starts_with(&format!("{severity}: "))
                && told.contains(&format!("--> edge.toml:{line}\n"))
                && told.contains(words)
        });
        assert!(is_told && told.len() == 1, "{text}\n{}", told.join("\n"));
        assert!(findings.iter().all(|found| found.problem.hint.is_some()), "{text}");
    }
}

/// Two requests that may be one: the second is another, or the first with its pieces in another order.
fn two() -> impl Strategy<Value = (String, String)> {
    let query = "[abu]=?[12&+%]{0,2}(%2[06]|%ff)?";
    let header = prop_oneof![
        "X-Tenant: [ab ,]{0,3}",
        "X-Location: (2000|-33\\.[0-9]{2},151\\.[0-9]{2}|[AB]{0,2})",
        "Cookie: (a|b|c)=[12;= ]{0,3}(; (a|b|c)=[12]{0,2}){0,2}",
        "X-Forwarded-Host: [ab]",
        "Connection: (x-tenant|cookie|close)",
        "User-Agent: [ab]",
    ];
    let one = ("(GET|HEAD)", "/[ab](/|%2f|%61)?", vec(query, 0..3), vec(header, 0..4));
    let text = |(method, path, query, headers): &(String, String, Vec<String>, Vec<String>)| {
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let first = format!("{method} {path}{query}");
        std::iter::once(first).chain(headers.iter().cloned()).collect::<Vec<_>>().join(" | ")
    };
    let others = one.clone();
    (one, others, any::<[bool; 3]>()).prop_map(move |(one, other, [is_other, is_turned, is_longer])| {
        let mut again = if is_other { other } else { one.clone() };
        if is_turned {
            again.2.reverse();
            again.3.reverse();
        }
        if is_longer {
            again.2.push("utm=1".to_owned());
            again.3.push("Cookie: c=3".to_owned());
        }
        (text(&one), text(&again))
    })
}

const KEYED: &str = r#"
[[rule]]
path = "/**"
cache = { max_age = "5m" }
vary = ["X-Tenant", "X-Location", "Cookie"]
[rule.key]
query = "sorted"
without = ["u*"]
headers = ["X-Tenant"]
cookies = ["a", "b"]
location = { header = "X-Location", grid = "decimals", precision = 0, other = "keep" }
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// With the same key goes the same request, in everything that an answer may depend on.
    #[test]
    fn requests_with_one_key_are_one_to_the_origin((one, other) in two()) {
        let rules = Rules::parse("edge.toml", KEYED).expect("rules");
        let (one, other) = (try_to_ask(&rules, &one), try_to_ask(&rules, &other));
        // Lines that make no request are no case.
        let (Some(one), Some(other)) = (one, other) else { return Err(TestCaseError::reject("no request")) };
        let seen = |asked: &Asked| {
            let headers = asked.request.headers();
            let of = |name: &str| {
                loadline_edge::fields::vary::comparable(headers, &name.parse::<HeaderName>().expect("a name"))
            };
            let path = loadline_edge::query::normal(&asked.request.uri().to_string());
            (path, of("x-tenant"), of("x-location"), of("cookie"), of("x-forwarded-host"))
        };
        prop_assert_eq!(
            one.key.to_string() == other.key.to_string(), seen(&one) == seen(&other),
            "{} {:?}\n{} {:?}", one.key, seen(&one), other.key, seen(&other)
        );
    }
}
