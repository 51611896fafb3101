//! What CI systems are given: the scripts of the GitHub Action and of the GitLab component, run as a job runs them.

use std::path::Path;
use std::process::Command;

use crate::forge::{Forge, READS, TOKEN};
use crate::support::{Ended, Folder, ended, nginx, repository};

/// The folder of the binary comes first on the path.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_loadline")).parent().unwrap().display();
    format!("{folder}:{}", std::env::var("PATH").unwrap())
}

/// A step of a job of GitHub with these inputs.
fn step(folder: &Folder, forge: &Forge, from: &str, inputs: &[(&str, &str)]) -> Ended {
    for file in ["summary.md", "output.txt"] {
        folder.write(file, "");
    }
    let file = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let mut command = folder.shell([repository("integrations/github/run.sh")]);
    command.env("PATH", path()).env("RUNNER_TEMP", folder.path("")).env("GITHUB_TOKEN", TOKEN);
    command.env("GITHUB_STEP_SUMMARY", file("summary.md")).env("GITHUB_OUTPUT", file("output.txt"));
    command.envs(forge.github(folder, from)).envs(inputs.iter().copied());
    ended(&mut command)
}

const PROJECT: &str = "[endpoints]\nhome = \"GET /\"\nmissing = \"GET /missing\"\n\n[[budget]]\nendpoint = \"home\"\np95 = \"9s\"\n\n\
    [[budget]]\nendpoint = \"missing\"\nallow_no_data = true\nerrors = \"1%\"\n";

#[test]
fn a_step_of_github_says_what_came_out_everywhere() {
    let (nginx, forge) = (nginx(), Forge::start(101));
    let folder = Folder::with(&[("loadline.toml", PROJECT)]);
    let hit = |target: &str| format!("hit -n 20 --junit \"verdicts of 'it'.xml\" '{}{target}'", nginx.url);
    let (home, missing) = (hit("/"), hit("/missing"));
    let passed = step(&folder, &forge, "shop/web", &[("LOADLINE_COMMAND", &home)]).expect(0);
    assert!(passed.out.contains("commented on pull request #7"), "{}{}", passed.out, passed.err);
    assert!(folder.read("verdicts of 'it'.xml").contains("<testsuite"));
    let output = folder.read("output.txt");
    assert!(
        output.starts_with("verdict=pass\nexit-code=0\nsummary=") && output.ends_with(".md\n"),
        "{output}"
    );
    let (comment, all) = forge.ours();
    assert_eq!(comment, format!("<!-- loadline comment loadline -->\n{}", folder.read("summary.md")));
    assert!(comment.contains("| home p95 |") && all == 102, "{comment}");

    // The next push: the same comment, and the step fails by what Loadline says.
    let failed = step(&folder, &forge, "shop/web", &[("LOADLINE_COMMAND", &missing)]).expect(1);
    assert!(
        failed.out.contains("::error file=loadline.toml,line=12,title=missing%3A errors<=1%25::"),
        "{}",
        failed.out
    );
    assert!(folder.read("output.txt").starts_with("verdict=fail\nexit-code=1\n"));
    assert!(forge.ours().0.contains("| missing errors |") && forge.ours().1 == 102);

    // A fork, a token that may not, and somebody who wants no comment: told, and no other verdict.
    let fork = [("LOADLINE_COMMAND", home.as_str()), ("GITHUB_TOKEN", READS)];
    let told = step(&folder, &forge, "eve/web", &fork).expect(0);
    assert!(told.out.contains("comes from a fork"), "{}", told.out);
    let told = step(&folder, &forge, "shop/web", &fork).expect(0);
    assert!(told.out.contains("::warning title=loadline::"), "{}", told.out);
    assert!(told.out.contains("%0Ahint: give the job `permissions"), "{}", told.out);
    let asked = forge.said.lock().unwrap().requests.len();
    step(&folder, &forge, "shop/web", &[("LOADLINE_COMMAND", &home), ("LOADLINE_COMMENT", "false")])
        .expect(0);
    assert_eq!(forge.said.lock().unwrap().requests.len(), asked);

    // What is no command is not one, and nothing in it is evaluated.
    let odd = step(&folder, &forge, "shop/web", &[("LOADLINE_COMMAND", "hit \"http://a")]).expect(2);
    assert!(odd.out.contains("::error title=loadline::the command does not read"), "{}", odd.out);
    let evil = [("LOADLINE_COMMAND", "hit $(touch evil) `touch evil` ; touch evil")];
    step(&folder, &forge, "shop/web", &evil).expect(2);
    assert!(folder.read("output.txt").starts_with("verdict=configuration\nexit-code=2\nsummary=\n"));
    assert!(!folder.path("evil").exists());
}

#[test]
fn a_loadline_that_is_there_is_taken_and_one_that_cannot_be_had_is_told() {
    let folder = Folder::new();
    let install = |path_of_step: &str| {
        let mut command = folder.shell([repository("integrations/github/install.sh")]);
        ended(command.env("PATH", path_of_step).env("RUNNER_TEMP", folder.path("")))
    };
    let there = install(&path()).expect(0);
    assert!(there.out.starts_with("loadline ") && there.out.ends_with(" is there\n"), "{}", there.out);
    let none = install("/usr/bin:/bin").expect(1);
    assert!(none.out.contains("::error title=loadline::there is no `loadline`"), "{}", none.out);
}

/// The script of the component's job, with these inputs put in.
fn job(inputs: &[(&str, &str)]) -> String {
    let template = std::fs::read_to_string(repository("integrations/gitlab/templates/loadline.yml")).unwrap();
    let (_, job) = template.split_once("\n---\n").unwrap();
    let mut job = job.to_owned();
    for (name, value) in inputs {
        job = job.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    let (_, job) = job.split_once("  script:\n").unwrap();
    let (script, _) = job.split_once("  artifacts:\n").unwrap();
    // Items of a list, and blocks of lines, as YAML has them.
    let lines = script.lines().map(|line| match line.strip_prefix("    - ") {
        Some("|") => "",
        Some(item) => item,
        None => line.trim_start(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_job_of_gitlab_notes_what_came_out_and_keeps_it_current() {
    let (nginx, forge) = (nginx(), Forge::start(0));
    let folder = Folder::with(&[("loadline.toml", PROJECT)]);
    let run = |target: &str, note: &str| {
        let script = job(&[("command", &format!("hit -n 20 '{}{target}'", nginx.url))]);
        let mut command: Command = folder.shell(["bash", "-eo", "pipefail", "-c", &script]);
        command.env("PATH", path()).env("GITLAB_TOKEN", TOKEN).envs(forge.gitlab());
        command.env("LOADLINE_NOTE", note).env("LOADLINE_VERSION", "");
        command.env("LOADLINE_JUNIT", "loadline-report/junit.xml");
        command.env("LOADLINE_HISTORY", "loadline-report/history.sqlite");
        ended(&mut command)
    };
    let passed = run("/", "true").expect(0);
    assert!(passed.out.contains("commented on merge request !7 of 42"), "{}{}", passed.out, passed.err);
    let failed = run("/missing", "true").expect(1);
    assert!(failed.out.contains("updated the comment on merge request !7"), "{}{}", failed.out, failed.err);
    let (note, all) = forge.ours();
    assert!(note.contains("| missing errors |") && all == 1, "{note}");
    assert!(folder.read("loadline-report/junit.xml").contains("<failure"));
    let metrics = folder.read("loadline-report/metrics.txt");
    assert!(
        metrics.contains("loadline_observed{requirement=\"missing errors<=1%\",unit=\"\"} 1\n"),
        "{metrics}"
    );
    assert!(folder.read("loadline-report/badge.svg").contains("load test: failed"));
    let asked = forge.said.lock().unwrap().requests.len();
    run("/", "false").expect(0);
    assert_eq!(forge.said.lock().unwrap().requests.len(), asked);
}

#[test]
fn what_is_given_to_ci_systems_is_in_their_form() {
    let script = "import http from 'k6/http';\nexport const options = {\n  thresholds: {\n    http_reqs: ['count>1'],\n    \
                  http_req_failed: ['rate<0.01'],\n  },\n};\nexport default () => http.get(`${__ENV.BASE_URL}/missing`);\n";
    let nginx = nginx();
    let folder = Folder::with(&[("loadline.toml", PROJECT), ("load test.js", script)]);
    let base = format!("BASE_URL={}", nginx.url);
    folder.run(["run", "-i", "20", "-e", &base, "load test.js"]).expect(99);
    folder
        .run(["report", "latest", "--sarif", "all.sarif", "--badge", "badge.svg", "--markdown", "a.md"])
        .expect(0);
    let sarif: serde_json::Value = serde_json::from_str(&folder.read("all.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mut places: Vec<String> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let (uri, line) = (&place["artifactLocation"]["uri"], &place["region"]["startLine"]);
            format!("{} {line} {}", uri.as_str().unwrap(), result["level"].as_str().unwrap())
        })
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        ["load%20test.js 5 error", "loadline.toml 12 error", "loadline.toml 7 error"],
        "{sarif:#}"
    );
    assert!(folder.read("badge.svg").starts_with("<svg "));
    assert!(folder.read("a.md").contains("| missing errors |"));
    let file = folder.path("all.sarif");
    let checked = ended(Command::new(repository("scripts/check-integrations")).arg(file));
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
}
