//! The founding story's own scripts, unchanged, and the ones completed from them, against the reference system.

use crate::support::{Folder, holiday, repository};

fn run(script: &str, flags: &[&str]) -> crate::support::Ended {
    run_against(&[], script, flags)
}

fn run_against(settings: &[&str], script: &str, flags: &[&str]) -> crate::support::Ended {
    let holiday = holiday(settings);
    let folder = Folder::new();
    let base = format!("BASE_URL={}", holiday.url);
    let script = repository(script);
    let mut arguments = vec!["run", "-e", &base, "-e", "LOAD_TEST_PASSWORD=correct horse battery staple"];
    arguments.extend(["-e", "TEST_PRICE_ID=price_family_monthly"]);
    arguments.extend(flags);
    arguments.push(script.to_str().unwrap());
    folder.run(arguments)
}

#[test]
fn the_story_as_it_was_written() {
    // One iteration in ten pays: of 180, none does in one run of a hundred million.
    let ended = run("loadtests/story/main.ts", &["--stage", "4s:80", "--stage", "4s:80"]).expect(0);
    for fragment in
        ["✓ has results", "✓ payment created", "✓ has client secret", "search_latency", "payment_success"]
    {
        assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
    }
}

#[test]
fn the_load_test_completed_from_it() {
    let ended = run("loadtests/main.ts", &["-e", "USERS=20", "-e", "DURATION=12s"]).expect(0);
    for fragment in ["{ endpoint:auth.login }", "browse_errors", "payment_success"] {
        assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
    }
}

#[test]
fn the_regression_tests() {
    let ended = run("loadtests/regression.ts", &["-e", "ITERATIONS=5"]).expect(0);
    for threshold in ["searchPrograms", "loadProgramDetails", "createSubscription", "concurrentSearches"] {
        assert!(ended.out.contains(threshold), "`{threshold}` is missing in:\n{}", ended.out);
    }
}

#[test]
fn the_regression_tests_find_a_regression() {
    let slow = ["--search-delay", "600ms"];
    let ended = run_against(&slow, "loadtests/regression.ts", &["-e", "ITERATIONS=1"]).expect(99);
    assert!(ended.out.contains("✗ 'p(95)<500'"), "{}", ended.out);
}
