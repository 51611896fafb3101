//! Tags with more values than are told apart: what is judged is judged as if all had been kept, and it is told.

use serde_json::Value;

use crate::support::{Ended, Folder, ended, nginx};

/// Runs a script that may tell 40 tag sets apart.
fn run(folder: &Folder, url: &str, flags: &[&str]) -> Ended {
    let base = format!("BASE_URL={url}");
    let mut command = folder.loadline(["run", "-e", &base]);
    ended(command.args(flags).arg("script.js").env("LOADLINE_TAG_SET_LIMIT", "40"))
}

#[test]
fn an_endpoint_with_more_urls_than_are_kept_is_judged_by_all_of_them() {
    // 60 good answers, more than are kept apart, then 540 that fail, all with URLs of their own.
    // A budget asks for several seconds before it is certain.
    let script = r"
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { scenarios: { shop: { executor: 'per-vu-iterations', vus: 2, iterations: 300 } } };
export default function () {
  sleep(0.015);
  const kind = __ITER < 30 ? 'item' : 'none';
  http.get(`${__ENV.BASE_URL}/${kind}/${__VU}-${__ITER}`);
}";
    let project =
        "[endpoints]\nbyId = \"GET /:kind/:id\"\n[[budget]]\nendpoint = \"byId\"\nerrors = \"1%\"\n";
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", script), ("loadline.toml", project)]));
    let ended =
        run(&folder, &nginx.url, &["--junit", "junit.xml", "--summary-export", "summary.json"]).expect(99);
    assert!(ended.out.contains("540 of 600 requests failed (90.00%)"), "{}", ended.out);
    for key in ["name", "url"] {
        let told = format!("`{key}` has more than");
        assert_eq!(ended.err.matches(&told).count(), 1, "{}", ended.err);
        assert!(ended.out.contains(&told), "{}", ended.out);
    }
    assert!(ended.err.contains("tags: { name:"), "{}", ended.err);
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    let folded = summary["folded_tags"].as_array().unwrap();
    assert_eq!(folded.iter().map(|key| key["tag"].as_str().unwrap()).collect::<Vec<_>>(), ["name", "url"]);
    assert!(folded[0]["samples_folded"].as_u64().unwrap() > 4000, "{summary}");

    // The same routes are known of the run when it is judged again, others are not.
    let again = folder.run(["budget", "check", "latest"]).expect(1);
    assert!(again.out.contains("540 of 600"), "{}", again.out);
    folder.write("other.toml", &project.replace("/:kind/:id", "/none/:id"));
    let other = folder.run(["budget", "check", "latest", "--project", "other.toml", "--json"]).expect(1);
    let other: Value = serde_json::from_str(&other.out).unwrap();
    assert_eq!(other["verdicts"][0]["outcome"], "no_data", "{other}");
    assert!(
        other["verdicts"][0]["evidence"]
            .as_str()
            .unwrap()
            .contains("`name` and `url` had too many different values"),
        "{other}"
    );
}

const CHECKOUT: &str = r"
import http from 'k6/http';
export const options = {
  scenarios: { shop: { executor: 'per-vu-iterations', vus: 2, iterations: 300 } },
  thresholds: { 'http_req_failed{name:checkout}': ['rate<0.05'], 'http_reqs{status:404}': ['count<1'] },
};
export default function () {
  const path = __ITER < 150 ? '' : 'missing';
  http.get(`${__ENV.BASE_URL}/${path}`, { tags: { name: 'checkout', order: `${__VU}_${__ITER}` } });
}";

#[test]
fn a_tag_without_bounds_hides_nothing_of_the_others() {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", CHECKOUT)]));
    let ended = run(&folder, &nginx.url, &[]).expect(99);
    assert!(ended.out.contains("rate=50.00%") || ended.out.contains("50 %"), "{}", ended.out);
    assert!(ended.out.contains("✗ 'rate<0.05'") && ended.out.contains("✗ 'count<1'"), "{}", ended.out);
    assert!(ended.err.contains("`order` has more than"), "{}", ended.err);
    assert!(!ended.err.contains("`name` has more than"), "{}", ended.err);
}

#[test]
fn raw_samples_keep_every_tag() {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", CHECKOUT)]));
    run(&folder, &nginx.url, &["--out", "json=samples.json", "--out", "csv=samples.csv"]).expect(99);
    let lines = folder.read("samples.json");
    let points = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut orders: Vec<String> = points
        .filter(|point| point["type"] == "Point" && point["metric"] == "http_reqs")
        .map(|point| {
            let tags = &point["data"]["tags"];
            assert_eq!((&tags["name"], tags.get("(folded)")), (&Value::from("checkout"), None), "{point}");
            tags["order"].as_str().unwrap().to_owned()
        })
        .collect();
    orders.sort_unstable();
    let mut expected: Vec<String> =
        (1..=2).flat_map(|vu| (0..300).map(move |iteration| format!("{vu}_{iteration}"))).collect();
    expected.sort_unstable();
    assert_eq!(orders, expected);
    let rows = folder.read("samples.csv");
    assert!(rows.contains("order=2_299") && !rows.contains("(other)"), "{}", rows.len());
}

#[test]
fn a_value_that_comes_late_is_counted_when_a_threshold_names_it() {
    let script = r"
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
const busy = new Counter('busy'), late = new Counter('late');
export const options = { iterations: 1, thresholds: { 'late{k:real}': ['count==7'] } };
export default function () {
  for (let i = 0; i < 2000; i++) busy.add(1, { k: 'v' + i });
  for (let i = 0; i < 7; i++) late.add(1, { k: 'real' });
  late.add(1, { k: 'other' });
  for (let i = 0; i < 300; i++) {
    exec.vu.tags.own = `o${i}`;
    if (exec.vu.tags.own !== `o${i}`) throw new Error(`own is ${exec.vu.tags.own}`);
  }
}";
    let folder = Folder::with(&[("script.js", script)]);
    let ended = run(&folder, "http://127.0.0.1:9", &[]).expect(0);
    assert!(ended.out.contains("✓ 'count==7'"), "{}", ended.out);
    assert!(ended.err.contains("`k` has more than") && !ended.err.contains("own is"), "{}", ended.err);
}

#[test]
fn the_limit_is_a_number() {
    let folder = Folder::with(&[("script.js", CHECKOUT)]);
    let mut command = folder.loadline(["run", "script.js"]);
    let ended = ended(command.env("LOADLINE_TAG_SET_LIMIT", "many")).expect(104);
    assert!(ended.err.contains("`many` in the variable `LOADLINE_TAG_SET_LIMIT`"), "{}", ended.err);
}
