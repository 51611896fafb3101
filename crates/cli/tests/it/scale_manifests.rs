//! `loadline scale manifests`: policies that were tried, as files, and read back by `scale check`.

use crate::support::{Folder, repository};

const TRAFFIC: &str = "time,rate\n08:55,20\n08:58,20\n08:59,60\n09:01,60\n09:02,20\n09:05,20\n";

/// A policy for it.
const POLICY: &str = "--workload search --target 60 --min 2 --max 12 --cpu-request 2 --traffic traffic.csv --service \
                      80ms --concurrency 2 --budget errors=0%";

fn manifests(folder: &Folder, more: &str) -> crate::support::Ended {
    let words = format!("scale manifests {POLICY} {more}");
    folder.run(words.split_whitespace())
}

fn folder() -> Folder {
    Folder::with(&[("traffic.csv", TRAFFIC)])
}

#[test]
fn a_policy_is_written_and_read_back() {
    let folder = folder();
    let written = manifests(&folder, "-o deploy --image shop/search:7").expect(0);
    assert!(written.out.contains("3 of 3 manifests written: it keeps the budgets"), "{}", written.out);
    let hpa = folder.read("deploy/hpa.yaml");
    for wanted in ["# Tried on 12m", "averageUtilization: 60", "  # The quietest moment has 20/s"] {
        assert!(hpa.contains(wanted), "{wanted}: {hpa}");
    }
    // Read by `check`, it is the policy that was tried: nothing is saved and nothing lost.
    let rest = "--with deploy/deployment.yaml --traffic traffic.csv --service 80ms --concurrency 2 --budget errors=0%";
    folder.write("same.yaml", &hpa);
    let words = format!("scale check --before deploy/hpa.yaml --after same.yaml {rest}");
    let same = folder.run(words.split_whitespace()).expect(0);
    assert!(same.out.contains("the change costs the same: it keeps the budgets"), "{}", same.out);

    // Asked again, everything is as it should be. What somebody changed is not written over unasked.
    let again = manifests(&folder, "-o deploy --image shop/search:7").expect(0);
    assert!(again.out.contains("all 3 manifests are as they should be"), "{}", again.out);
    folder.write("deploy/pdb.yaml", "# mine\n");
    let kept = manifests(&folder, "-o deploy --image shop/search:8").expect(4);
    assert!(kept.err.contains("is there and says something else: nothing is written"), "{}", kept.err);
    assert!(folder.read("deploy/deployment.yaml").contains("shop/search:7"));
    manifests(&folder, "-o deploy --image shop/search:8 --overwrite").expect(0);
    assert!(folder.read("deploy/pdb.yaml").contains("maxUnavailable: 1"));
    assert!(folder.read("deploy/deployment.yaml").contains("shop/search:8"));
}

#[test]
fn times_of_more_replicas_become_a_cron_trigger() {
    let folder = folder();
    let words = format!("scale manifests {POLICY} --json");
    let times = |line: &'static str| words.split_whitespace().chain(["--cron", line]).collect::<Vec<_>>();
    let ended = folder.run(times("55 8 * * *..30 9 * * *@Etc/UTC=8")).expect(0);
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let text = json["files"][0]["text"].as_str().unwrap();
    for wanted in
        ["kind: ScaledObject", "type: cron", "timezone: Etc/UTC", "desiredReplicas: \"8\"", "value: \"60\""]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    // It is what was tried: eight are there before the rush, and `simulate` reads them back.
    assert!(text.contains("55 8 * * *") && json["answer"].as_str().unwrap().contains("keeps"), "{json:#}");
    let wrong = folder.run(times("55 8 * * *=8")).expect(2);
    assert!(wrong.err.contains("START..END@ZONE=REPLICAS"), "{}", wrong.err);
}

#[test]
fn a_sweep_chooses_and_manifests_that_are_there_stay_as_they_are() {
    let folder = folder();
    manifests(&folder, "-o first --image shop/search:7").expect(0);
    let theirs = folder
        .read("first/deployment.yaml")
        .replace("      containers:", "      serviceAccountName: own\n      containers:");
    folder.write("theirs.yaml", &theirs);
    let words = "scale manifests first/hpa.yaml theirs.yaml --sweep target=50,70 --sweep min=1,2 --traffic traffic.csv \
                 --service 80ms --concurrency 2 --budget errors=0% -o second --json";
    let swept = folder.run(words.split_whitespace()).expect(0);
    let json: serde_json::Value = serde_json::from_str(&swept.out).unwrap();
    assert!(json["answer"].as_str().unwrap().starts_with("3 of 3 manifests written"), "{json:#}");
    let hpa = folder.read("second/hpa.yaml");
    assert!(hpa.contains("# Of a sweep: of 4 policies target=70 min=1 is the cheapest"), "{hpa}");
    assert!(hpa.contains("averageUtilization: 70") && hpa.contains("minReplicas: 1"), "{hpa}");
    assert!(folder.read("second/deployment.yaml").contains("serviceAccountName: own"));
}

#[test]
fn keda_gets_its_own_and_without_a_folder_all_is_printed() {
    let folder = folder();
    let printed = manifests(&folder, "--keda").expect(0);
    for wanted in
        ["kind: ScaledObject", "minReplicaCount: 2", "kind: PodDisruptionBudget", "# it keeps the budgets"]
    {
        assert!(printed.out.contains(wanted), "{wanted}: {}", printed.out);
    }
    folder.write("all.yaml", &printed.out);
    let words =
        "scale simulate all.yaml --traffic traffic.csv --service 80ms --concurrency 2 --budget errors=0%";
    let simulated = folder.run(words.split_whitespace()).expect(0);
    assert!(simulated.out.contains("ScaledObject/search (all.yaml:"), "{}", simulated.out);
}

#[test]
fn what_is_not_written_is_said() {
    let folder = folder();
    let refused = manifests(&folder, "--budget p95=1ms -o deploy").expect(1);
    assert!(refused.out.contains("it breaks response_time p95"), "{}", refused.out);
    assert!(refused.out.contains("nothing is written") && !folder.path("deploy").exists(), "{}", refused.out);
    let none = manifests(&folder, "--budget p95=1ms --sweep min=1,2 -o deploy").expect(1);
    assert!(none.out.contains("none of 2 policies keeps the budgets"), "{}", none.out);
    let check = |words: &str, wanted: &str| {
        let ended = folder.run(words.split_whitespace()).expect(2);
        assert!(ended.err.contains(wanted), "{wanted}: {}", ended.err);
    };
    let rest = "--traffic traffic.csv --service 80ms --concurrency 2";
    check(&format!("scale manifests --target 60 --max 9 {rest}"), "the workload has no name");
    check(
        &format!("scale manifests --workload Search --target 60 --max 9 {rest}"),
        "is no name in Kubernetes",
    );
    manifests(&folder, "-o deploy").expect(0);
    let stateful = folder.read("deploy/hpa.yaml").replace("kind: Deployment", "kind: StatefulSet");
    folder.write("stateful.yaml", &stateful);
    check(
        &format!("scale manifests stateful.yaml {rest}"),
        "scales StatefulSet/search: manifests are written for",
    );
    check(
        &format!("scale manifests deploy/hpa.yaml --workload cart {rest}"),
        "scales `search`, and `--workload` says",
    );
    // A file in place of the folder.
    folder.write("file", "");
    let ended = manifests(&folder, "-o file").expect(4);
    assert!(ended.err.contains("cannot make the folder `file`"), "{}", ended.err);
}

#[test]
fn holidays_own_are_what_is_made_of_their_command() {
    let kept = repository("deploy/holiday");
    let read = |name: &str| std::fs::read_to_string(kept.join(name)).unwrap();
    let readme = read("README.md");
    let command = readme.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().replace("\\\n", " ");
    let folder = Folder::with(&[("traffic.csv", &read("traffic.csv"))]);
    folder.run(command.split_whitespace().skip(1)).expect(0);
    for name in ["hpa.yaml", "pdb.yaml", "deployment.yaml"] {
        assert_eq!(
            folder.read(name),
            read(name),
            "deploy/holiday/{name}: run the command of its README.md there"
        );
    }
}
