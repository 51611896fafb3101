//! Two builds that take turns, a build against itself, and two runs.

use crate::support::{Ended, Folder, nginx};

const SEARCH: &str = r"
import http from 'k6/http';
export const options = { vus: 2, iterations: 30 };
export default function () {
  const input = JSON.stringify({ json: { location: '2000', radius: 10 } });
  http.post(`${__ENV.BASE_URL}/api/trpc/search.findPrograms`, input, { headers: { 'Content-Type': 'application/json' } });
}
";

const GET: &str = r"
import http from 'k6/http';
export const options = { vus: 1, iterations: 30 };
export default function () { http.get(`${__ENV.BASE_URL}/`); }
";

/// A build of the reference system whose searches are so slow.
fn build(delay: &str) -> String {
    format!(
        "{} holiday serve --listen 127.0.0.1:{{port}} --programs 200 --search-delay {delay}",
        env!("CARGO_BIN_EXE_loadline")
    )
}

fn compare(folder: &Folder, base: &str, head: &str, flags: &[&str]) -> Ended {
    let (base, head) = (build(base), build(head));
    let mut words = vec!["compare", "--a", &base, "--b", &head];
    words.extend(flags);
    words.push("search.js");
    folder.run(words)
}

#[test]
fn a_slower_build_is_found_by_rounds() {
    let folder = Folder::with(&[("search.js", SEARCH)]);
    let flags = ["--rounds", "4", "--max-rounds", "8", "--seed", "1", "--markdown", "comment.md"];
    let ended = compare(&folder, "10ms", "40ms", &flags).expect(1);
    assert!(ended.out.contains("✗ fail") && ended.out.contains("all requests p50"), "{}", ended.out);
    assert!(ended.err.contains("round 4 of at most 8"), "{}", ended.err);
    let comment = folder.read("comment.md");
    assert!(comment.starts_with("<!-- loadline:search.js -->\n### ❌"), "{comment}");
    // Being faster is no regression.
    let faster =
        compare(&folder, "40ms", "10ms", &["--rounds", "4", "--max-rounds", "4", "--json", "-q"]).expect(0);
    let faster: serde_json::Value = serde_json::from_str(&faster.out).unwrap();
    assert_eq!(faster["comparisons"][0]["outcome"], "pass");
    assert!(faster["comparisons"][0]["change"].as_f64().unwrap() < 0.7);
}

#[test]
fn a_set_up_says_what_it_can_tell() {
    let folder = Folder::with(&[("search.js", SEARCH)]);
    let build = build("5ms");
    let ended = folder.run(["aa", "--rounds", "3", "-q", "--json", "--a", &build, "search.js"]).expect(0);
    let value: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let p50 = &value["figures"][0];
    assert!(p50["deviation"].as_f64().unwrap() > 0.0, "{value}");
    assert!(p50["smallest_effect"].as_f64().unwrap() > 0.05, "{value}");
    assert!(p50["false_positives"].as_f64().unwrap() <= 0.05, "{value}");
}

#[test]
fn two_runs_are_compared_as_advice_and_only_when_they_can_be() {
    let (nginx, folder) = (nginx(), Folder::with(&[("a.js", GET), ("b.js", GET)]));
    let base = format!("BASE_URL={}", nginx.url);
    for (script, file) in [("a.js", "one"), ("a.js", "two"), ("b.js", "other")] {
        folder.run(["run", "-q", "-e", &base, "--out", &format!("run={file}.run"), script]).expect(0);
    }
    let advice = folder.run(["compare", "one.run", "two.run"]).expect(0);
    assert!(advice.out.contains("advice only: one run cannot tell"), "{}", advice.out);
    let refused = folder.run(["compare", "one.run", "other.run"]).expect(2);
    assert!(
        refused.err.contains("one is of `a.js`, the other of `b.js`") && refused.err.contains("--force"),
        "{}",
        refused.err
    );
    folder.run(["compare", "--force", "one.run", "other.run"]).expect(0);
    // Those of the history are named by their places.
    folder.run(["compare", "1", "2"]).expect(0);
    folder.run(["compare", "-3", "-2"]).expect(0);
}

#[test]
fn mistakes_are_told_before_any_load() {
    let folder = Folder::with(&[("search.js", SEARCH)]);
    for (words, code, fragment) in [
        (vec!["compare"], 2, "there is nothing to compare"),
        (vec!["compare", "--a", "x", "search.js"], 2, "--b"),
        (
            vec!["compare", "--a", "shop", "--b", "shop", "search.js"],
            3,
            "neither an address nor a command with a port",
        ),
        (
            vec!["compare", "--a", "false {port}", "--b", "false {port}", "search.js"],
            3,
            "ended before it answered",
        ),
        (vec!["compare", "--delta", "5", "a.run", "b.run"], 2, "must be a share"),
        (vec!["compare", "--rounds", "1", "a.run", "b.run"], 2, "1 is not in"),
    ] {
        let ended = folder.run(words.clone()).expect(code);
        assert!(ended.err.contains(fragment), "{words:?}: {}", ended.err);
    }
    let nobody = "http://127.0.0.1:9";
    let ended = folder.run(["compare", "--a", nobody, "--b", nobody, "-d", "200ms"]).expect(3);
    assert!(ended.err.contains("a round against http://127.0.0.1:9 ended with code 3"), "{}", ended.err);
}
