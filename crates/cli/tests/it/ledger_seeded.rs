//! Faults that are ordered of the reference system: `compare` names the part of the server that got longer, endpoint by
//! endpoint, from what the service itself tells.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Folder, holiday, repository};

/// The Run of the regression test on holiday with these flags, in a file of this name.
fn record(folder: &Folder, name: &str, flags: &[&str]) -> PathBuf {
    let server = holiday(flags);
    let file = folder.path(name);
    let script = repository("loadtests/regression.ts");
    let mut command = folder.loadline(["run", "-q", "--no-history", "--no-thresholds", "-e", "ITERATIONS=8"]);
    command.arg("--out").arg(format!("run={}", file.display())).arg(script);
    command.env("BASE_URL", &server.url).env("LOAD_TEST_PASSWORD", "correct horse battery staple");
    let output = command.output().unwrap();
    // Whether its budgets are kept is not the question here.
    assert!(file.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    file
}

/// The ledger of `compare`, by endpoint.
fn compared(folder: &Folder, head: &str, flags: &[&str]) -> Vec<Value> {
    record(folder, head, flags);
    let ended = folder.run(["compare", "--force", "--json", "base.run", head]);
    let json: Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}{}", ended.out, ended.err));
    json["ledger"].as_array().unwrap().clone()
}

/// What got longer most, of an endpoint's requests on average.
fn most(ledger: &[Value], endpoint: &str) -> (String, f64) {
    let found = ledger.iter().find(|one| one["name"] == endpoint);
    let found = found.unwrap_or_else(|| panic!("no `{endpoint}`: {ledger:#?}"));
    let item = &found["whole"]["items"][0];
    (item["what"].as_str().unwrap().to_owned(), item["change_ms"].as_f64().unwrap())
}

#[test]
fn compare_names_the_part_that_a_fault_makes_longer() {
    let folder = Folder::new();
    std::fs::copy(repository("loadline.toml"), folder.path("loadline.toml")).unwrap();
    record(&folder, "base.run", &[]);

    let (what, by) = most(
        &compared(&folder, "slow-gateway.run", &["--payment-latency", "1500ms"]),
        "payment.createSubscription",
    );
    assert_eq!(what, "server: out.gateway");
    assert!(by > 0.0, "{by}");

    let (what, by) = most(&compared(&folder, "dear-hash.run", &["--password-passes", "16"]), "auth.login");
    assert_eq!(what, "server: hash");
    assert!(by > 0.0, "{by}");

    let (what, by) =
        most(&compared(&folder, "slow-search.run", &["--search-delay", "200ms"]), "search.findPrograms");
    assert!(what.starts_with("server: "), "{what}");
    assert!(by > 0.0, "{by}");
}
