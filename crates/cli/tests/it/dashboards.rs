//! `loadline dashboards`: a project's files for Prometheus and Alertmanager.

use serde_json::Value;

use crate::support::{Folder, ended, nginx, repository};

const PROJECT: &str =
    "[endpoints]\nlogin = \"POST /login\"\n\n[[budget]]\nendpoint = \"login\"\np95 = \"1s\"\nmax = \"9s\"\n";
const RULES: &str = "deploy/prometheus/loadline.rules.yaml";

#[test]
fn what_is_written_is_kept_current_and_what_is_changed_by_hand_is_kept() {
    let folder = Folder::with(&[("loadline.toml", PROJECT)]);
    let written = folder.run(["dashboards", "-o", "deploy"]).expect(0);
    assert!(written.out.contains("files of 1 budget written"), "{}", written.out);
    assert!(written.out.contains("login max<=9s is in no file: histograms do not know the largest value"));
    let test = ended(
        folder
            .shell(["promtool", "test", "rules", "deploy/prometheus/loadline.rules.test.yaml"])
            .env("TZ", "UTC"),
    );
    assert_eq!(test.code, Some(0), "{}{}", test.out, test.err);
    let again = folder.run(["dashboards", "--check", "deploy"]).expect(0);
    assert!(again.out.contains("files of 1 budget are as they should be"), "{}", again.out);

    // A change of the project: what would change is said, and then written without more ado.
    folder.write("loadline.toml", &PROJECT.replace("1s", "2s"));
    let check = folder.run(["dashboards", "--check", "deploy", "--json"]).expect(1);
    let json: Value = serde_json::from_str(&check.out).unwrap();
    assert_eq!(json["files"][0]["was"], "old", "{json:#}");
    assert!(!folder.read(RULES).contains("2000"));
    let changes = json["files"][0]["changes"].to_string();
    assert!(
        changes.contains(
            "- groups › loadline endpoint login › rules › loadline:budget:permitted login p95<=1s fails"
        ),
        "{changes}"
    );
    assert!(
        changes.contains(
            "+ groups › loadline endpoint login › rules › loadline:bad_requests:increase1h login p95<=2s"
        ),
        "{changes}"
    );
    let told = folder.run(["dashboards", "--check", "deploy"]).expect(1);
    assert!(told.out.contains("would change\n"), "{}", told.out);
    folder.run(["dashboards", "-o", "deploy"]).expect(0);
    let rules = folder.read(RULES);
    assert!(rules.contains("2000"), "{rules}");

    // A change by hand stays until somebody says otherwise, and nothing else is written meanwhile.
    folder.write(RULES, &format!("{rules}# mine\n"));
    folder.write("loadline.toml", PROJECT);
    let kept = folder.run(["dashboards", "-o", "deploy"]).expect(4);
    assert!(kept.err.contains("changed by hand") && kept.err.contains("--overwrite"), "{}", kept.err);
    assert!(folder.read(RULES).ends_with("# mine\n"));
    assert!(folder.read("deploy/prometheus/loadline.rules.test.yaml").contains("p95<=2s"));
    let check = folder.run(["dashboards", "--check", "deploy"]).expect(1);
    assert!(check.out.contains("was changed by hand, and would change"), "{}", check.out);
    folder.run(["dashboards", "-o", "deploy", "--overwrite"]).expect(0);
    folder.run(["dashboards", "--check", "deploy"]).expect(0);
}

#[test]
fn what_cannot_be_written_says_why() {
    let folder = Folder::with(&[("loadline.toml", "[endpoints]\nlogin = \"POST /login\"\n"), ("file", "")]);
    let nothing = folder.run(["dashboards", "-o", "deploy"]).expect(2);
    assert!(nothing.err.contains("has no budget on an endpoint that counters can tell"), "{}", nothing.err);
    assert!(!folder.path("deploy").exists());
    let nowhere = folder.run(["dashboards", "--project", "none", "-o", "deploy"]).expect(2);
    assert!(nowhere.err.contains("no `loadline.toml` here"), "{}", nowhere.err);
    folder.write("loadline.toml", PROJECT);
    let blocked = folder.run(["dashboards", "-o", "file"]).expect(4);
    assert!(blocked.err.contains("cannot"), "{}", blocked.err);
    let both = folder.run(["dashboards", "-o", "deploy", "--check", "deploy"]).expect(2);
    assert!(both.err.contains("cannot be used with"), "{}", both.err);
    let gone = folder.run(["dashboards", "-o", "deploy", "--prometheus", "http://127.0.0.1:1"]).expect(3);
    assert!(gone.err.contains("cannot ask `http://127.0.0.1:1`"), "{}", gone.err);
    assert!(!folder.path("deploy").exists());
}

#[test]
fn objectives_go_out_and_come_back_as_the_same_budgets() {
    let project = "[endpoints]\n\"a.b\" = \"GET /programs/:id\"\nlogin = \"POST /login\"\n\n[[budget]]\nendpoint = \"a.b\"\np95 = \"500ms\"\np99 = \"1s\"\n\n[[budget]]\nendpoint = \"login\"\nerrors = \"1%\"\n";
    let folder = Folder::with(&[("loadline.toml", project)]);
    folder.run(["dashboards", "-o", "deploy"]).expect(0);
    let file = "deploy/openslo/loadline.slo.yaml";
    let back = folder.run(["budget", "import", file]).expect(0);
    assert!(back.out.starts_with("# 3 of 3 objectives are budgets."), "{}", back.out);
    // Made into files again, it is the same.
    folder.write("loadline.toml", &back.out);
    folder.run(["dashboards", "--check", "deploy"]).expect(0);
    // Others do not say which route it is.
    let theirs = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: fast}\nspec:\n  indicator: {spec: {ratioMetric: {good: {metricSource: {spec: {query: 'sum(x_seconds_bucket{le=\"0.25\"})'}}}}}}\n  objectives: [{target: 0.95}]\n---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {name: odd}\nspec: {}\n";
    folder.write("theirs.yaml", theirs);
    let theirs = folder.run(["budget", "import", "theirs.yaml"]).expect(1);
    assert!(theirs.out.contains("p95 = \"250ms\"") && theirs.out.contains("# \"fast\" ="), "{}", theirs.out);
    assert!(
        theirs.err.contains("`odd` is no budget") && theirs.err.contains("fill in which routes"),
        "{}",
        theirs.err
    );
    let none = folder.run(["budget", "import", "loadline.toml"]).expect(2);
    assert!(none.err.contains("in `loadline.toml`"), "{}", none.err);
    let gone = folder.run(["budget", "import", "gone.yaml"]).expect(2);
    assert!(gone.err.contains("cannot read `gone.yaml`: No such file"), "{}", gone.err);
    assert!(gone.err.trim_end().ends_with("`kind: SLO` in it"), "{}", gone.err);
    // What never ends is not read for ever.
    let endless = folder.run(["budget", "import", "/dev/zero"]).expect(2);
    assert!(endless.err.contains("16 MiB"), "{}", endless.err);
}

#[test]
fn the_reference_systems_files_are_current() {
    let folder = Folder::new();
    let project = repository("loadline.toml");
    let deployed = repository("deploy/compose/monitoring");
    let words = ["dashboards", "--project", project.to_str().unwrap(), "--check", deployed.to_str().unwrap()];
    let check = folder.run(words);
    assert_eq!(
        check.code,
        Some(0),
        "make them again: loadline dashboards -o deploy/compose/monitoring\n{}{}",
        check.out,
        check.err
    );
    // Prometheus takes its configuration, with the rules where the containers have them.
    folder.write(
        "prometheus.yaml",
        &std::fs::read_to_string(repository("deploy/compose/prometheus.yaml")).unwrap(),
    );
    let rules = std::fs::read_to_string(deployed.join("prometheus/loadline.rules.yaml")).unwrap();
    folder.write("rules/loadline.rules.yaml", &rules);
    let taken = ended(&mut folder.shell(["promtool", "check", "config", "prometheus.yaml"]));
    assert_eq!(taken.code, Some(0), "{}{}", taken.out, taken.err);
}

/// The night's script: its verdict is its code, and the run is in the history.
#[test]
fn a_nightly_load_test_is_kept() {
    let folder = Folder::new();
    let server = nginx();
    folder.write(
        "script.ts",
        "import http from 'k6/http';\nexport const options = { iterations: 2 };\nexport default () => { http.get(__ENV.BASE_URL); };\n",
    );
    let script = repository("deploy/compose/nightly.sh");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_loadline")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = folder.shell(["sh", script.to_str().unwrap()]);
    command
        .env("PATH", path)
        .env("NIGHTLY_AT", "now")
        .env("BASE_URL", &server.url)
        .env("SCRIPT", "script.ts");
    let night = ended(&mut command);
    assert_eq!(night.code, Some(0), "{}{}", night.out, night.err);
    assert!(folder.path(".loadline/history.sqlite").exists());
}

#[test]
fn a_budget_that_permits_nothing_is_said_to_be_no_objective() {
    let folder = Folder::with(&[("loadline.toml", &PROJECT.replace("max = \"9s\"", "errors = \"0%\""))]);
    let written = folder.run(["dashboards", "-o", "deploy"]).expect(0);
    let said = "login errors<=0% is no objective of OpenSLO: it permits nothing";
    assert!(written.out.contains(said), "{}", written.out);
    let check = folder.run(["dashboards", "--check", "deploy", "--json"]).expect(0);
    assert!(check.out.contains(said), "{}", check.out);
    assert!(!folder.read("deploy/openslo/loadline.slo.yaml").contains("errors<=0%"));
}
