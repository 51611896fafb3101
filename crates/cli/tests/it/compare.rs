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
    assert!(value["round_seconds"].as_f64().unwrap() > 0.0, "{value}");
    // How large they are here and now is no matter of a test: any figure alone fails less often than all together.
    let of_any = value["false_positives"].as_f64().unwrap();
    for figure in value["figures"].as_array().unwrap() {
        let alone = figure["false_positives"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&of_any) && (0.0..=of_any).contains(&alone), "{value}");
    }
    assert!(p50["rounds_for"].as_object().unwrap().contains_key("10%"), "{value}");
    // It is kept, and the next comparison of the same set-up knows it.
    let again = ["compare", "--rounds", "2", "--max-rounds", "2", "--a", &build, "--b", &build, "search.js"];
    let ended = folder.run(again);
    assert!(ended.err.contains("the noise of this set-up is known from 3 rounds"), "{}", ended.err);
}

/// The statistic, worked out again from what the JSON says: Student's t of the differences of each round.
fn again(figure: &serde_json::Value, kind: &str) -> (f64, f64) {
    let numbers = |key: &str| -> Vec<f64> {
        figure[key].as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect()
    };
    let sign = if figure["better"] == "higher" { -1.0 } else { 1.0 };
    let worse: Vec<f64> = numbers("base")
        .into_iter()
        .zip(numbers("head"))
        .map(|(base, head)| sign * if kind == "difference" { head - base } else { (head / base).ln() })
        .collect();
    let count = worse.len() as f64;
    let mean = worse.iter().sum::<f64>() / count;
    let variance = worse.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (sign * mean, (variance / count).sqrt())
}

#[test]
fn anybody_can_work_the_result_out_again() {
    let folder = Folder::with(&[("search.js", SEARCH)]);
    let flags = ["--rounds", "3", "--max-rounds", "3", "--seed", "7", "--json", "-q"];
    let ended = compare(&folder, "5ms", "6ms", &flags);
    let value: serde_json::Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}", ended.err));
    assert_eq!((&value["plan"]["seed"], &value["plan"]["looks"][0]["rounds"]), (&7.into(), &3.into()));
    assert_eq!(value["plan"]["base_first"].as_array().unwrap().len(), 3);
    let (comparisons, figures) =
        (value["comparisons"].as_array().unwrap(), value["figures"].as_array().unwrap());
    assert_eq!(comparisons.len(), figures.len());
    let mut tried = 0;
    for (comparison, figure) in comparisons.iter().zip(figures) {
        assert_eq!(comparison["quantity"], figure["quantity"]);
        if comparison["kind"] == "difference" {
            continue;
        }
        let (mean, error) = again(figure, "ratio");
        // scipy: t.ppf(1 - level, 2); Student's quantile of two degrees of freedom has a closed form.
        let level = value["plan"]["looks"][0]["level"].as_f64().unwrap();
        let below = 1.0 - level;
        let quantile = (2.0 * below - 1.0) * (1.0 / (2.0 * below * (1.0 - below))).sqrt();
        let (low, high) = ((mean - quantile * error).exp(), (mean + quantile * error).exp());
        for (name, expected) in [("low", low), ("high", high)] {
            let said = comparison[name].as_f64().unwrap();
            assert!((said / expected - 1.0).abs() < 1e-6, "{name}: {said} {expected} {comparison}");
        }
        tried += 1;
    }
    assert!(tried >= 4, "{value}");
}

/// A build that answers so many requests and is gone then.
const DYING: &str = r"
import http.server, os, sys
answers = int(sys.argv[2])
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def do_GET(self):
        global answers
        answers -= 1
        if answers < 0:
            print('out of answers', flush=True)
            os._exit(3)
        self.send_response(200)
        self.send_header('content-length', '2')
        self.end_headers()
        self.wfile.write(b'ok')
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
";

#[test]
fn rounds_before_a_build_died_are_not_lost() {
    let folder = Folder::with(&[("dying.py", DYING), ("get.js", GET)]);
    let build = |answers: u32| format!("python3 dying.py {{port}} {answers}");
    // One to warm up and six rounds are answered; the seventh is the head's last.
    let (base, head) = (build(100_000), build(7 * 5 + 2));
    let words =
        ["compare", "--a", &base, "--b", &head, "--json", "get.js", "--", "--vus", "1", "--iterations", "5"];
    let ended = folder.run(words).expect(3);
    assert!(
        ended.err.contains("round 7 came to nothing") && ended.err.contains("out of answers"),
        "{}",
        ended.err
    );
    let value: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&value["ended"], &value["rounds"]), (&"stopped".into(), &6.into()));
    assert!(value["why"].as_str().unwrap().contains("stopped after 6 rounds"), "{value}");
    assert_eq!(value["figures"][0]["head"].as_array().unwrap().len(), 6);
    assert_eq!(value["outcome"], "inconclusive");
}

#[test]
fn two_runs_are_compared_as_advice_and_only_when_they_can_be() {
    let (nginx, folder) = (nginx(), Folder::with(&[("a.js", GET), ("b.js", GET)]));
    let base = format!("BASE_URL={}", nginx.url);
    for (script, file) in [("a.js", "one"), ("a.js", "two"), ("b.js", "other")] {
        folder.run(["run", "-q", "-e", &base, "--out", &format!("run={file}.run"), script]).expect(0);
    }
    // Runs of thirty requests on a machine that others keep busy may differ grossly: then it is said.
    let advises = |words: &[&str]| {
        let ended = folder.run(["compare"].iter().chain(words));
        let worse = i32::from(ended.out.contains("✗ fail"));
        ended.expect(worse)
    };
    let advice = advises(&["one.run", "two.run"]);
    assert!(advice.out.contains("advice only: one run cannot tell"), "{}", advice.out);
    folder.run(["compare", "--unproven", "fail", "one.run", "two.run"]).expect(1);
    let refused = folder.run(["compare", "one.run", "other.run"]).expect(2);
    assert!(
        refused.err.contains("one is of `a.js`, the other of `b.js`") && refused.err.contains("--force"),
        "{}",
        refused.err
    );
    advises(&["--force", "one.run", "other.run"]);
    // Those of the history are named by their places.
    advises(&["1", "2"]);
    advises(&["-3", "-2"]);
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
        (
            vec![
                "compare",
                "--start-timeout",
                "300ms",
                "--a",
                "sleep 60 # {port}",
                "--b",
                "x {port}",
                "search.js",
            ],
            3,
            "did not answer on port",
        ),
        (
            vec!["compare", "--a", "sleep 60 # {port}", "--b", "x {port}", "search.js", "--", "--vsu", "1"],
            2,
            "`loadline run` does not take what stands after `--`: unexpected argument '--vsu'",
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

/// A JTL of so many requests that each take about so long, from a second on.
fn jtl(second: i64, milliseconds: i64) -> String {
    let line = |n: i64| {
        let began = 1_795_900_000_000 + second * 1000 + n * 20;
        format!("{began},{},search,200,OK,users 1-1,text,true,120,1,1,5\n", milliseconds + n % 5)
    };
    let header = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,grpThreads,allThreads,Latency\n";
    header.to_owned() + &(0..500).map(line).collect::<String>()
}

#[test]
fn results_of_other_tools_are_compared_and_can_be_baselines() {
    let folder = Folder::new();
    for n in 0..11 {
        folder.write(&format!("run-{n}.jtl"), &jtl(n * 100, 20 + n % 2));
    }
    let names: Vec<String> = (0..11).map(|n| format!("run-{n}.jtl")).collect();
    let words = ["history", "import"].into_iter().chain(names.iter().map(String::as_str));
    let imported = folder.run(words).expect(0);
    assert!(imported.out.contains("whole milliseconds"), "{}", imported.out);
    folder.run(["baseline", "check", "11"]).expect(0);
    folder.write("slow.jtl", &jtl(2_000, 60));
    folder.run(["history", "import", "slow.jtl"]).expect(0);
    let slower = folder.run(["compare", "11", "12"]).expect(1);
    assert!(slower.out.contains("all requests p50") && slower.out.contains("✗ fail"), "{}", slower.out);
    // Summaries have figures and nothing else.
    let oha = |p: f64| {
        format!(
            r#"{{"summary":{{"successRate":1.0,"total":2.0,"requestsPerSec":500}},"latencyPercentiles":{{"p50":{p},"p95":{p},"p99":{p}}},"statusCodeDistribution":{{"200":1000}},"errorDistribution":{{}}}}"#
        )
    };
    folder.write("oha-1.json", &oha(0.01));
    folder.write("oha-2.json", &oha(0.05));
    let told = folder.run(["history", "import", "oha-1.json", "oha-2.json"]).expect(0);
    assert!(told.out.contains("oha's JSON has no times"), "{}", told.out);
    let slower = folder.run(["compare", "13", "14"]).expect(1);
    assert!(slower.out.contains("p95"), "{}", slower.out);
    let apart = folder.run(["compare", "12", "13"]).expect(2);
    assert!(apart.err.contains("cannot be compared"), "{}", apart.err);
    let nothing = folder.run(["compare", "--force", "12", "13"]);
    assert_ne!(nothing.code, None, "{}", nothing.err);
}
