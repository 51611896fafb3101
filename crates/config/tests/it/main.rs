//! What project files mean, and what they are told that mean nothing.

use loadline_config::Project;
use loadline_verdict::{Part, Subject};
use proptest::prelude::*;

/// The project's own file, which has the founding story's budgets.
const OWN: &str = include_str!("../../../../loadline.toml");

#[test]
fn the_projects_own_file_has_the_storys_budgets() {
    let project = Project::parse("loadline.toml", OWN).unwrap();
    let budgets: Vec<String> = project
        .budgets
        .iter()
        .map(|scoped| format!("{}: {}", scoped.budget.subject, scoped.budget))
        .collect();
    insta::assert_snapshot!("own_budgets", budgets.join("\n"));
}

#[test]
fn every_section_is_read() {
    let text = r#"
[target]
url = "http://127.0.0.1:8080/"
version_header = "x-version"
version = "1.2"

[endpoints]
home = "GET /"

[history]
store = "postgres://team@db/history"
keep = 500

[compare]
delta = "3%"
rounds = 12
max_rounds = 48

[database]
url = "postgres://me@db/shop"
pgbouncer = "postgresql://stats@db:6432/pgbouncer"
top = 12
plans = false

[[budget]]
endpoint = "home"
calls_per_request = "< 2.5"

[[budget]]
endpoint = "home"
p95 = "< 200ms"
count = ">= 10"
over = "steady"
scripts = ["loadtests/**/*.ts", "smoke.js"]

[[budget]]
metric = "process_memory{process:api}"
slope = "20MB/h"
allow_no_data = true
"#;
    let project = Project::parse("loadline.toml", text).unwrap();
    assert_eq!(project.target.url.as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(project.history.keep, Some(500));
    assert_eq!(project.compare.delta, Some(0.03));
    assert_eq!(project.budgets.len(), 3);
    assert_eq!(project.database.url.as_deref(), Some("postgres://me@db/shop"));
    assert!(project.database.pgbouncer.is_some());
    assert_eq!((project.database.top, project.database.plans), (Some(12), Some(false)));
    assert_eq!(project.calls[0].endpoint, "home");
    let text = &project.calls[0].budget.text;
    assert_eq!(
        (text.selector.as_str(), text.expression.as_str()),
        ("db_calls_per_request{endpoint:home}", "avg<2.5")
    );
    assert_eq!(project.budgets[0].budget.part, Part::Steady);
    assert!(matches!(&project.budgets[2].budget.subject, Subject::Metric(_)));
    assert!(project.budgets[2].budget.text.allow_no_data);
    for (script, is_for) in
        [("./loadtests/main.ts", true), ("loadtests/a/b.ts", true), ("smoke.js", true), ("x/smoke.js", false)]
    {
        assert_eq!(project.budgets[0].is_for(script), is_for, "{script}");
    }
    assert!(project.budgets[2].is_for("anything.js"));
    assert_eq!(Project::parse("loadline.toml", "").unwrap(), Project::default());
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let text = r#"
[targets]
url = "x"

[endpoints]
search.findPrograms = "POST /api/trpc/search.findPrograms"
home = "get"
about = 7

[target]
url = "shop.test"

[[budget]]
endpoint = "hone"
p95 = "500"
p99 = "1s"

[[budget]]
endpoint = "home"

[[budget]]
endpoint = "about"
p101 = "1s"
p95 = 500
over = "late"

[[budget]]
metric = "x{"
max = "1s"

[compare]
delta = "5"
rounds = 1
"#;
    let problems = Project::parse("loadline.toml", text).unwrap_err();
    insta::assert_snapshot!("mistakes", problems.to_string());
    let problems = Project::parse("loadline.toml", "[target\nurl = 1").unwrap_err();
    insta::assert_snapshot!("not_toml", problems.to_string());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\[{0,2}(budget|endpoints|target|compare)\\]{0,2}\n|[a-z0-9.]{1,8} = [\"0-9a-z/ %é]{0,12}\n|.{0,8}\n){0,12}") {
        if let Err(problems) = Project::parse("x.toml", &text) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.to_string().contains("--> x.toml:"));
        }
    }
}

#[test]
fn statements_per_request_are_a_number_of_an_endpoints() {
    let check = |limit: &str, words: &str| {
        let text = format!("[endpoints]\nhome = \"GET /\"\n[[budget]]\nendpoint = \"home\"\n{limit}\n");
        match Project::parse("loadline.toml", &text) {
            Ok(project) => assert_eq!(project.calls[0].budget.text.expression, words, "{limit}"),
            Err(problems) => assert!(problems.to_string().contains(words), "{limit}: {problems}"),
        }
    };
    check("calls_per_request = 2", "avg<=2");
    check("calls_per_request = 1.5", "avg<=1.5");
    check("calls_per_request = \"<= 3\"", "avg<=3");
    check("calls_per_request = \"> 3\"", "must be a number of statements");
    check("calls_per_request = \"many\"", "must be a number of statements");
    check("calls_per_request = -1", "must be a number of statements");
    check("calls_per_request = true", "write how many");
    let of_metric = "[[budget]]\nmetric = \"db_calls\"\ncalls_per_request = 2\n";
    let problems = Project::parse("loadline.toml", of_metric).unwrap_err();
    assert!(problems.to_string().contains("is of an `endpoint`"), "{problems}");
}

#[test]
fn a_database_is_a_url() {
    for (section, words) in [
        ("url = \"mysql://db/shop\"", "the database's `url` is no PostgreSQL URL"),
        ("pgbouncer = \"db:6432\"", "the database's `pgbouncer` is no PostgreSQL URL"),
        ("top = 0", "a whole number of at least 1"),
        ("top = 1000", "at most 200"),
        ("plans = \"no\"", "`true` or `false`"),
        ("urls = \"x\"", "did you mean `url`?"),
    ] {
        let problems = Project::parse("loadline.toml", &format!("[database]\n{section}\n")).unwrap_err();
        assert!(problems.to_string().contains(words), "{section}: {problems}");
    }
}
