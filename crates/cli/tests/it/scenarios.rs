//! Load tests in Rust beside the commands: their Runs are runs like any other.

use loadline_harness::{LoadTest, User};
use loadline_load::{Executor, Iteration, Scenario, SharedIterations};
use loadline_runner::Ending;

use crate::support::{Folder, nginx};

fn test(folder: &Folder, url: &str) -> LoadTest {
    let executor = Executor::SharedIterations(SharedIterations {
        vus: 1,
        iterations: 20,
        max_duration: std::time::Duration::from_mins(1),
    });
    let url = url.to_owned();
    LoadTest::new("answers in Rust")
        .project(folder.path("loadline.toml"))
        .keep_in_history_at(folder.path(".loadline/history.sqlite").display().to_string())
        .scenario(Scenario::new("answer", executor), async move |user: User, it: Iteration| {
            user.get(&it, &url).await.unwrap();
        })
}

fn run(folder: &Folder, url: &str) -> Ending {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test(folder, url).run()).unwrap().ending
}

#[test]
fn a_test_in_rust_has_a_history_a_baseline_and_the_projects_budgets() {
    let nginx = nginx();
    let project = |limit: &str| {
        format!("[endpoints]\nhome = \"GET /\"\n[[budget]]\nendpoint = \"home\"\nmax = \"{limit}\"\n")
    };
    let folder = Folder::with(&[("loadline.toml", &project("1m"))]);
    for _ in 0..3 {
        assert_eq!(run(&folder, &nginx.url), Ending::Passed);
    }
    let listed = folder.run(["history"]).expect(0);
    assert_eq!(listed.out.matches("answers in Rust").count(), 3, "{}", listed.out);
    let checked = folder.run(["baseline", "check", "latest"]).expect(0);
    assert!(!checked.err.contains("does not say what it is of"), "{}", checked.err);
    assert!(checked.out.contains("8 more comparable runs are wanted (10 in all)"), "{}", checked.out);
    folder.run(["baseline", "save", "rust"]).expect(0);
    folder.run(["budget", "check", "latest"]).expect(0);
    folder.write("loadline.toml", &project("1us"));
    assert_eq!(run(&folder, &nginx.url), Ending::Failed);
    folder.run(["budget", "check", "latest"]).expect(1);
}
