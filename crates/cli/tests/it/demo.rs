//! `loadline demo`, small: the same path as the real one.

use serde_json::Value;

use crate::support::{Folder, holiday};

/// What a demo printed as JSON, after it met every requirement but, on a machine that others keep busy, those on time:
/// how fast it is here and now is no matter of these tests. What it ended in agrees with what it says.
#[track_caller]
fn demo(folder: &Folder, flags: &[&str]) -> Value {
    let ended = folder.run(["demo", "--json"].iter().chain(flags));
    let code = ended.code;
    let result: Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err));
    let verdicts = result["verdicts"].as_array().unwrap();
    assert!(verdicts.len() >= 6, "{verdicts:?}");
    let mut met = true;
    for verdict in verdicts {
        let passes = verdict["outcome"] == "pass";
        assert!(
            passes || verdict["unit"] == "time" && verdict["outcome"] == "fail",
            "{verdict:#}\n{}",
            ended.err
        );
        met &= passes;
    }
    assert_eq!(result["passed"], met, "{}", ended.out);
    assert_eq!(code, Some(if met { 0 } else { 99 }), "{}\n{}", ended.out, ended.err);
    result
}

#[test]
fn the_requirements_are_judged_and_the_run_is_kept() {
    let folder = Folder::new();
    let result = demo(&folder, &["--users", "20", "--duration", "12s", "--run", "demo.run"]);
    let selectors: Vec<_> =
        result["verdicts"].as_array().unwrap().iter().map(|one| &one["selector"]).collect();
    for row in ["requests refused as too many (503)", "wait for a database connection: 99%"] {
        assert!(selectors.iter().any(|selector| *selector == row), "{selectors:?}");
    }
    assert!(result["pool"]["waits"].as_u64().unwrap() > 0, "{result}");
    assert!(folder.path("demo.run").exists());
}

#[test]
fn how_much_it_carries_is_searched_said_and_kept() {
    let folder = Folder::new();
    for database in ["sqlite", "postgres"] {
        let words = "demo --capacity --users 10 --duration 20s --json --run line.run --database";
        let ended = folder.run(words.split_whitespace().chain([database]));
        let found: Value =
            serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err));
        // How much that is here and now is no matter of this test.
        let carries = found["capacity"].as_f64().unwrap();
        assert_eq!(ended.code, Some(if carries > 0.0 { 0 } else { 99 }), "{found:#}\n{}", ended.err);
        assert_eq!(found["unit"], "iterations/s");
        assert!(!found["answer"].as_str().unwrap().is_empty(), "{found:#}");
        let means = found["meaning"].as_str().is_some_and(|text| text.contains("of the story's users"));
        assert_eq!(means, carries > 0.0, "{found:#}");
        let budgets = found["budgets"].as_array().unwrap();
        assert!(budgets.iter().any(|one| one["name"] == "search p95"), "{found:#}");
        assert!(folder.path("line.run").exists());
    }
    let ended = folder.run(["demo", "--capacity", "--edge"]).expect(104);
    assert!(ended.err.contains("`--capacity` is a search of its own"), "{}", ended.err);
}

#[test]
fn a_slow_search_fails_the_requirement() {
    let folder = Folder::new();
    let ended =
        folder.run(["demo", "--users", "10", "--duration", "12s", "--search-delay", "600ms"]).expect(99);
    assert!(ended.out.contains('✗'), "{}", ended.out);
}

#[test]
fn the_reference_system_keeps_its_data_in_a_private_postgres() {
    let folder = Folder::new();
    let result = demo(&folder, &["--users", "20", "--duration", "12s", "--database", "postgres"]);
    let statements = result["database"]["statements"].as_array().unwrap();
    let searches = statements.iter().filter(|one| one["query"].as_str().unwrap().starts_with("SELECT p.id"));
    assert!(searches.map(|one| one["calls"].as_u64().unwrap()).sum::<u64>() > 0, "{result:#}");
    assert_eq!(result["database"]["unobserved_s"], 0.0);
    // Its endpoints are asked by the same users; its statements say whose they are. Where a machine is so busy that
    // requests are refused, less may be told, and nothing wrong.
    let endpoints = result["database"]["endpoints"].as_array().unwrap();
    let makes = [("search.findPrograms", 1.0), ("programs.getById", 1.0), ("public.getProviders", 1.0)];
    let mut told = 0;
    for (name, statements) in makes.into_iter().chain([("image", 0.0), ("static", 0.0)]) {
        let found = endpoints.iter().find(|one| one["endpoint"] == name);
        let Some(made) = found.and_then(|one| one["statements_per_request"].as_f64()) else { continue };
        let error = found.and_then(|one| one["give_or_take"].as_f64()).unwrap();
        assert!((made - statements).abs() <= error + 0.1, "{name}: {result:#}");
        told += usize::from(statements > 0.0);
    }
    assert!(told > 0, "{result:#}");
    let ended = folder.run(["demo", "--database", "mysql://host/db"]).expect(104);
    assert!(ended.err.contains("must be `sqlite`, `postgres` or a `postgres://` URL"), "{}", ended.err);
}

#[test]
fn a_forgotten_index_is_found_proven_and_built() {
    let folder = Folder::new();
    let flags =
        ["--users=20", "--duration=12s", "--database=postgres", "--without-indexes", "--run=demo.run"];
    let result = demo(&folder, &flags);
    let found = &result["indexes"];
    assert!(found["forgotten"].as_array().unwrap().contains(&"programs_nearby".into()), "{found:#}");
    assert!(found["before"]["verdicts"].as_array().unwrap().len() >= 6, "{found:#}");
    let indexes = found["verified"]["indexes"].as_array().unwrap();
    let confirmed: Vec<&Value> = indexes.iter().filter(|one| one["fate"] == "confirmed").collect();
    assert!(
        confirmed.iter().any(|one| one["statement"].as_str().unwrap().contains("USING gist")),
        "{found:#}"
    );
    let faster = confirmed[0]["because"]["faster"][0].as_u64().unwrap() as usize;
    let search = &found["verified"]["statements"][faster];
    assert_eq!(search["values"]["from"], "executions", "{found:#}");
    assert!(search["change"]["ratio"].as_f64().unwrap() < 0.5, "{found:#}");
    assert!(folder.path("demo.run").exists() && folder.path("demo.run.without-indexes").exists());
    // The same in words.
    let ended = folder.run(["demo"].iter().chain(&flags));
    for part in
        ["DATABASE QUERIES OPTIMIZED", "forgotten on purpose", "USING gist", "undo: DROP INDEX CONCURRENTLY"]
    {
        assert!(ended.out.contains(part), "{part}: {}\n{}", ended.out, ended.err);
    }
    assert!(matches!(ended.code, Some(0 | 99)), "{}", ended.err);
}

/// How much hits depends on how many users there are in how many seconds, so here it is judged who noticed what.
#[test]
fn behind_a_cache_an_origin_can_be_away() {
    let folder = Folder::new();
    let flags = ["demo", "--json", "--edge", "--users=40", "--duration=30s", "--run=demo.run"];
    let ended = folder.run(flags);
    let result: Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err));
    assert!(matches!(ended.code, Some(0 | 99)), "{}", ended.err);
    let verdicts = result["verdicts"].as_array().unwrap();
    let of_caches = |verdict: &&Value| verdict["selector"].as_str().unwrap().starts_with("cache_hits{");
    assert_eq!(verdicts.iter().filter(of_caches).count(), 4, "{verdicts:#?}");
    let outage = &result["outage"];
    assert_eq!((&outage["second"], &outage["away_ms"]), (&15.into(), &10_000.into()), "{outage:#}");
    let seen = |endpoint: &str, what: &str| outage["endpoints"][endpoint][what].as_u64().unwrap();
    assert!(seen("static", "requests") > 0 && seen("static", "failed") == 0, "{outage:#}");
    assert_eq!(seen("static", "from_cache"), seen("static", "requests"), "{outage:#}");
    assert!(seen("search.findPrograms", "failed") > 0, "{outage:#}");
    // It came back: somebody was answered by the origin afterwards.
    let caches = &result["caches"];
    assert!(caches["endpoints"]["static"]["hits"].as_u64().unwrap() > 0, "{caches:#}");
    assert!(caches["all"]["misses"]["method"].as_u64().unwrap() > 0, "{caches:#}");
    // The page of the kept run says the same of the same requirements.
    let failed = verdicts.iter().filter(|verdict| verdict["outcome"] != "pass").count();
    assert_eq!(verdicts.len(), 15, "{verdicts:#?}");
    let words = match failed {
        0 => "all 15 requirements are met".to_owned(),
        failed => format!("{failed} of 15 requirements are not met"),
    };
    let page = folder.run(["report", "demo.run", "-o", "run.html"]).expect(0);
    assert!(page.out.contains(&words) || page.err.contains(&words), "{words}: {}{}", page.out, page.err);
}

#[test]
fn what_does_not_go_with_a_cache_is_refused() {
    let folder = Folder::new();
    for (flags, words) in [
        (&["--edge", "--database", "postgres"][..], "has a fault and a database of its own"),
        (&["--edge", "--search-delay", "60ms"], "has a fault and a database of its own"),
        (&["--edge", "--duration", "20s"], "30 seconds at least"),
    ] {
        let ended = folder.run(["demo"].iter().chain(flags)).expect(104);
        assert!(ended.err.contains(words), "{flags:?}: {}", ended.err);
    }
}

/// Judged is money. How many were refused, and how soon the service was back, is a matter of how fast it is here and
/// now.
#[test]
fn payments_survive_a_failing_gateway_and_a_crash_of_the_database() {
    let folder = Folder::new();
    let words = "demo --json --users=60 --duration=20s --database=postgres --restart-database-after=12s \
        --gateway=stripe-simulator --gateway-error-rate=0.05 --gateway-drop-rate=0.05";
    let ended = folder.run(words.split_whitespace());
    let result: Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err));
    let verdicts = result["verdicts"].as_array().unwrap();
    let (money, others): (Vec<_>, Vec<_>) =
        verdicts.iter().partition(|verdict| verdict["expression"] == "count==0");
    assert_eq!(money.len(), 5, "{verdicts:#?}");
    assert!(money.iter().all(|verdict| verdict["outcome"] == "pass"), "{money:#?}\n{}", ended.err);
    let met = others.iter().all(|verdict| verdict["outcome"] == "pass");
    assert_eq!(
        (&result["passed"], ended.code),
        (&met.into(), Some(if met { 0 } else { 99 })),
        "{}",
        ended.err
    );
    let sides = &result["reconciliation"];
    assert!(sides["charged"].as_u64().unwrap() > 0, "{sides}");
    assert_eq!((&sides["at_gateway"], &sides["in_database"]), (&sides["charged"], &sides["charged"]));
    let restart = &result["restart"];
    assert_eq!(restart["second"], 12, "{restart}");
    assert!(restart["committed"].as_u64().unwrap() > 0, "{restart}");
    assert!(restart["down_ms"].as_u64().unwrap() > 0, "{restart}");
    let back = verdicts.iter().find(|one| one["selector"] == "service back after the restart").unwrap();
    let is_back = back["outcome"] == "pass";
    assert!(restart["requests_afterwards"].as_u64().unwrap() > 0 || !is_back, "{back:#}\n{restart}");
}

#[test]
fn what_does_not_go_together_is_said_before_anything_starts() {
    let folder = Folder::new();
    for (flags, message) in [
        (&["--gateway-error-rate", "0.02"][..], "are faults of `--gateway stripe-simulator`"),
        (&["--gateway", "stripe-simulator", "--payment-error-rate", "0.02"], "use `--gateway-error-rate`"),
        (&["--restart-database-after", "20s"], "needs `--database postgres`"),
        (&["--database", "postgres", "--restart-database-after", "58s"], "must leave 5 seconds"),
        (&["--without-indexes"], "needs `--database postgres`"),
        (
            &["--without-indexes", "--database", "postgres", "--restart-database-after", "8s"],
            "runs the load twice",
        ),
        (&["--gateway", "stripe-simulator", "--gateway-drop-rate", "2"], "a number from 0 to 1"),
    ] {
        let ended = folder.run(["demo"].iter().chain(flags)).expect(104);
        assert!(ended.err.contains(message), "{flags:?}: {}", ended.err);
    }
}

#[test]
fn the_reference_system_reports_a_port_in_use() {
    let first = holiday(&[]);
    let address = first.url.strip_prefix("http://").unwrap();
    let folder = Folder::new();
    let ended = folder.run(["holiday", "serve", "--listen", address]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.err.contains(address), "{}", ended.err);
}
