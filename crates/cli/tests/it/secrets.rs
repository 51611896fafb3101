//! One marked secret in every place where secrets are, looked for in everything that is printed, written and kept.

use std::io::Read;

use loadline_measure::{Run, read_run};

use crate::support::{Ended, Folder, nginx};

/// The secret.
const MARK: &str = "S3cr3tMark42";

const SCRIPT: &str = r"
import http from 'k6/http';
import { check, group } from 'k6';
export const options = {
  scenarios: { shop: { executor: 'per-vu-iterations', vus: 1, iterations: 2, env: { PLAIN: 'MARK' } } },
  thresholds: { 'http_reqs{url:HERE/?token=MARK}': ['count>=0'], http_reqs: ['count>100'] },
  tags: { who: __ENV.SHOP_PASSWORD },
};
export function setup() { return { session: __ENV.SHOP_PASSWORD }; }
export default function () {
  const base = __ENV.BASE_URL;
  console.log(`${base} ${__ENV.SHOP_PASSWORD} ${__ENV.PIN}`);
  const headers = { Authorization: 'Bearer MARK-MARK-MARK', 'X-Test': __ENV.SHOP_PASSWORD };
  const logged = http.get(`${base}/logged?token=MARK&a=1`, { headers });
  http.get(`${base}/?api_key=MARK&Signature=MARK#access_token=MARK`, { tags: { pin: __ENV.PIN } });
  http.get(`${base}/missing`, { tags: { name: `/x?password=MARK` } });
  http.get('http://me:MARK@ho st/?token=MARK');
  http.get('http://me:MA/RK-MARK@127.0.0.1:9/');
  group(`of ${__ENV.SHOP_PASSWORD}`, () => check(logged, { [`is ${__ENV.PIN}`]: () => true }));
}
";

const PROJECT: &str = r#"
secrets = ["PIN", "x-shop"]
[target]
url = "http://me:MARK@127.0.0.1:9"
[endpoints]
home = "GET /"
"#;

fn folder(script: &str, project: &str) -> Folder {
    let marked = |text: &str| text.replace("MARK", MARK);
    Folder::with(&[("script.js", &marked(script)), ("loadline.toml", &marked(project))])
}

#[track_caller]
fn has_none(what: &str, text: &str) {
    let at = text.find(MARK).map(|at| {
        let from = text.floor_char_boundary(at.saturating_sub(200));
        &text[from..text.ceil_char_boundary((at + 100).min(text.len()))]
    });
    assert_eq!(at, None, "in {what}");
}

#[track_caller]
fn shows_none(ended: Ended, code: i32) -> Ended {
    let ended = ended.expect(code);
    has_none("standard output", &ended.out);
    has_none("standard error", &ended.err);
    ended
}

fn tags_of(run: &Run) -> String {
    run.series().fold(String::new(), |all, (_, tags, _)| all + &format!("{tags:?}\n"))
}

#[test]
fn a_run_shows_and_keeps_none() {
    let nginx = nginx();
    let base = nginx.url.replace("http://", &format!("http://me:{MARK}@"));
    let folder = folder(&SCRIPT.replace("HERE", &nginx.url), PROJECT);
    let mut command = folder.loadline([
        "run",
        "-e",
        &format!("BASE_URL={base}"),
        "-e",
        &format!("PIN={MARK}"),
        "--http-debug=full",
        "--summary-mode=full",
        "--out=run=kept.run",
        "--out=json=samples.json",
        "--out=csv=samples.csv",
        "--summary-export=summary.json",
        "--junit=junit.xml",
        "--github",
        "--scrape",
        &format!("db=http://me:{MARK}@127.0.0.1:9/metrics?token={MARK}"),
        "script.js",
    ]);
    command.env("SHOP_PASSWORD", MARK).env("GITHUB_STEP_SUMMARY", folder.path("step.md"));
    let ended = shows_none(crate::support::ended(&mut command), 99);
    assert!(ended.err.contains("token=****"), "{}", ended.err);
    for file in ["samples.json", "samples.csv", "summary.json", "junit.xml", "step.md"] {
        has_none(file, &folder.read(file));
    }
    // The script had its own values, and sent them.
    assert!(nginx.logged(2).iter().all(|line| line.contains(MARK)), "{:?}", nginx.logged(2));

    shows_none(folder.run(["history", "export", "1", "exported.run"]), 0);
    for file in ["kept.run", "exported.run"] {
        let (run, _) = read_run(std::fs::File::open(folder.path(file)).unwrap()).unwrap();
        has_none(file, &format!("{:?}", run.meta));
        has_none(file, &tags_of(&run));
        assert!(tags_of(&run).contains("token=****"), "{}", tags_of(&run));
    }
    for words in [&["history"][..], &["history", "show", "1"], &["history", "--json"]] {
        shows_none(folder.run(words), 0);
    }
    // A run that failed is no baseline; that it is not says nothing either.
    shows_none(folder.run(["baseline", "save", "1"]), 3);
    let mut bytes = Vec::new();
    std::fs::File::open(folder.path(".loadline/history.sqlite")).unwrap().read_to_end(&mut bytes).unwrap();
    has_none("the history", &String::from_utf8_lossy(&bytes));
}

#[test]
fn plans_and_addresses_show_none() {
    let nginx = nginx();
    let folder = folder(SCRIPT, "");
    let mut inspect = folder.loadline(["inspect", "--json", "script.js"]);
    shows_none(crate::support::ended(inspect.env("SHOP_PASSWORD", MARK)), 0);
    let base = nginx.url.replace("http://", &format!("http://me:{MARK}@"));
    let url = format!("{base}/?token={MARK}");
    let header = format!("X-Api-Key: {MARK}");
    shows_none(folder.run(["hit", "-n", "3", "-H", &header, "--out", "run=hit.run", &url]), 0);
    let (run, _) = read_run(std::fs::File::open(folder.path("hit.run")).unwrap()).unwrap();
    has_none("hit.run", &format!("{:?} {}", run.meta, tags_of(&run)));
    for url in [format!("http://me:{MARK}@ho st/"), format!("ftp://me:{MARK}@host/?token={MARK}")] {
        shows_none(folder.run(["hit", "-n", "1", &url]), 2);
    }
    let store = format!("postgres://me:{MARK}@127.0.0.1:9/history?sslmode=disable");
    shows_none(folder.run(["history", "--history", &store]), 3);
}

#[test]
fn errors_about_the_project_show_none() {
    for project in [
        "[history]\nstore = 'postgres://me:MARK@host/x\n",
        "[target]\nurl = 'htp://me:MARK@host/?token=MARK'",
        "[target]\npassword = 'MARK'",
        "secrets = ['MARK', 1]",
        "secrets = [\n  'MARK'\n  'MARK'\n]",
        "[history]\nstor = 'postgres://me:MARK@host/x'",
    ] {
        let folder = folder(SCRIPT, project);
        let ended = folder.run(["run", "script.js"]);
        let ended = shows_none(ended, 104);
        assert!(ended.err.contains("loadline.toml:"), "{}", ended.err);
    }
}

#[test]
fn who_needs_them_sees_them_and_is_told() {
    let folder = folder(SCRIPT, "");
    let shown = |words: &[&str]| {
        let mut command = folder.loadline(words);
        crate::support::ended(command.env("SHOP_PASSWORD", MARK)).expect(0)
    };
    let words = ["inspect", "--json", "script.js"];
    has_none("standard output", &shown(&words).out);
    for words in [
        &["--show-secrets", "inspect", "--json", "script.js"][..],
        &["inspect", "--json", "script.js", "--show-secrets"],
    ] {
        let ended = shown(words);
        assert!(ended.out.contains(MARK), "{}", ended.out);
        assert!(ended.err.contains("because of `--show-secrets`"), "{}", ended.err);
    }
}
