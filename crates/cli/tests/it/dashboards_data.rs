//! Every expression of the dashboards and rules returns data: from a real Prometheus that scraped a real holiday, and a
//! real cache in front of it, under users and under a load test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use loadline_provision::expressions;
use serde_json::Value;

use crate::edge_serve::Serving;
use crate::prometheus::Prometheus;
use crate::support::{Folder, ended, repository};

/// Windows that a test can wait for.
const PROJECT: &str = r#"
[endpoints]
"search.findPrograms" = "POST /api/trpc/search.findPrograms"
"programs.getById" = "GET /api/trpc/programs.getById"

[[budget]]
endpoint = "search.findPrograms"
p95 = "500ms"
p99 = "1s"
errors = "1%"

[[budget]]
endpoint = "programs.getById"
p95 = "300ms"

[watch]
step = "1s"
windows = [
  { long = "10s", short = "5s", burn = 2, severity = "page" },
  { long = "20s", short = "5s", burn = 1, severity = "ticket" },
]
"#;

/// Processes that end with the test.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Holiday: where it serves, and where its metrics are.
fn holiday(folder: &Folder, children: &mut Children) -> (String, String) {
    let words =
        "holiday serve --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --programs 500 --exit-with-parent";
    let mut command = folder.loadline(words.split_whitespace());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let [serves, metrics] = {
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        [(); 2].map(|()| lines.next().unwrap().unwrap().split("http://").nth(1).unwrap().to_owned())
    };
    children.0.push(child);
    (serves, metrics.split('/').next().unwrap().to_owned())
}

/// Requests until the test is over.
fn traffic(folder: &Folder, children: &mut Children, words: &[&str]) {
    let always = ["hit", "--rate", "10", "-d", "10m", "--quiet", "--project", "none", "--no-history"];
    let mut command = folder.loadline(always.iter().chain(words));
    children.0.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
}

/// What kube-state-metrics says of an autoscaler: there is no Kubernetes here. Nothing of it is later than now, because
/// Prometheus takes nothing that is older than what it has.
fn autoscaler() -> String {
    let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let mut text = String::new();
    for (name, labels, value) in [
        ("status_current_replicas", "", 2),
        ("status_desired_replicas", "", 3),
        ("spec_min_replicas", "", 2),
        ("spec_max_replicas", "", 10),
        ("status_condition", ",condition=\"ScalingLimited\",status=\"true\"", 0),
    ] {
        text += &format!("# TYPE kube_horizontalpodautoscaler_{name} gauge\n");
        for at in [now_s - 60, now_s - 1] {
            text += &format!(
                "kube_horizontalpodautoscaler_{name}{{namespace=\"shop\",horizontalpodautoscaler=\"holiday\"{labels}}} {value} {at}\n"
            );
        }
    }
    text + "# EOF\n"
}

/// What is asked: of the dashboards, and of the rules.
fn asked(folder: &Folder) -> BTreeMap<String, String> {
    let mut asked = BTreeMap::new();
    for name in ["load-test", "service", "database", "edge", "scaling"] {
        let board: Value =
            serde_json::from_str(&folder.read(&format!("deploy/grafana/{name}.json"))).unwrap();
        for (number, expression) in expressions(name, &board).into_iter().enumerate() {
            asked.insert(format!("{name} {} {number}", expression.place), expression.text);
        }
    }
    let rules = folder.read("deploy/prometheus/loadline.rules.yaml");
    for line in rules.lines().filter_map(|line| line.trim().strip_prefix("- record: ")) {
        asked.insert(format!("rule {line}"), line.trim_matches('"').to_owned());
    }
    asked
}

/// Whether an answer has a number.
fn has_data(prometheus: &Prometheus, query: &str) -> bool {
    let words = ["-sG", "--data-urlencode", &format!("query={query}")];
    let answer = ended(Command::new("curl").args(words).arg(format!("{}/api/v1/query", prometheus.url)));
    let answer: Value = serde_json::from_str(&answer.out).unwrap_or_default();
    assert_ne!(answer["status"], "error", "{query}: {answer}");
    let rows = answer["data"]["result"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["value"][1].as_str()).any(|value| value != "NaN")
}

#[test]
fn every_expression_returns_data() {
    let folder = Folder::with(&[("loadline.toml", PROJECT)]);
    folder.run(["dashboards", "-o", "deploy"]).expect(0);
    let rules = std::fs::read_to_string(repository("apps/holiday/edge.toml")).unwrap();
    folder.write("edge.toml", &rules);
    let mut children = Children(Vec::new());
    let (serves, metrics) = holiday(&folder, &mut children);
    let edge = Serving::start(&folder, &format!("http://{serves}"), &[]);
    let config = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\n\
         rule_files: [deploy/prometheus/loadline.rules.yaml]\n\
         scrape_configs:\n\
         - {{ job_name: holiday, static_configs: [{{ targets: [\"{metrics}\"] }}] }}\n\
         - {{ job_name: edge, static_configs: [{{ targets: [\"{}\"] }}] }}\n",
        edge.admin
    );
    let prometheus = Prometheus::configured(&folder, &config, &autoscaler());
    let cached =
        format!("http://{}/api/trpc/public.getPrograms?input=%7B%22json%22%3A%7B%7D%7D", edge.address);
    let program =
        format!("http://{serves}/api/trpc/programs.getById?input=%7B%22json%22%3A%7B%22id%22%3A1%7D%7D");
    let search = format!("http://{serves}/api/trpc/search.findPrograms");
    let body = r#"{"json":{"location":"2000","ageGroup":"5-7","radius":10}}"#;
    let post = ["-H", "content-type: application/json", "--body", body, search.as_str()];
    let test = ["-H", "X-Load-Test: true"];
    traffic(&folder, &mut children, &[&post[..]].concat());
    traffic(&folder, &mut children, &[&test[..], &post[..]].concat());
    traffic(&folder, &mut children, &[cached.as_str()]);
    traffic(&folder, &mut children, &[program.as_str()]);
    traffic(&folder, &mut children, &[&test[..], &[program.as_str()]].concat());

    let mut asked = asked(&folder);
    assert!(asked.len() > 60, "{}", asked.len());
    let begun = SystemTime::now();
    // Long enough for a machine with much else to do; on others it takes a few scrapes.
    while !asked.is_empty() && begun.elapsed().unwrap() < Duration::from_mins(5) {
        asked.retain(|_, query| !has_data(&prometheus, query));
    }
    assert!(asked.is_empty(), "without data: {asked:#?}");
}
