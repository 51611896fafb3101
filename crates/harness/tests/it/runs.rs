//! Scenarios without a network: what their Runs say of themselves, and how they end.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadline_harness::{Ended, HarnessError, LoadTest, User};
use loadline_load::{Control, Executor, Iteration, IterationEnd, Scenario, SharedIterations};
use loadline_measure::{MetricKind, Unit, read_run};
use loadline_runner::{Ending, OutSpec, Tone, Voice};

fn ten() -> Executor {
    Executor::SharedIterations(SharedIterations {
        vus: 2,
        iterations: 10,
        max_duration: Duration::from_mins(1),
    })
}

/// A test whose iterations record what a budget can be on, and nothing else.
fn test() -> LoadTest {
    let test = LoadTest::new("nothing but a metric");
    let metric = test.define("answer_time", MetricKind::Trend, Unit::Milliseconds).unwrap();
    test.project("none").scenario(Scenario::new("count", ten()), async move |_: User, it: Iteration| {
        it.record(metric, 100.0, &[]);
    })
}

fn run(test: LoadTest) -> Result<Ended, HarnessError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test.run())
}

#[test]
fn a_run_says_what_it_is_of() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.run");
    let ended =
        run(test().keep_run(&file).target_version("1.2").threshold("answer_time", "p(95)<200")).unwrap();
    assert_eq!((ended.ending, ended.verdicts.len()), (Ending::Passed, 1), "{:?}", ended.trouble);
    let again = run(test()).unwrap();
    let other = run(LoadTest::new("another")
        .project("none")
        .scenario(Scenario::new("count", ten()), async |_: User, _: Iteration| {}));
    let meta = &ended.run.meta;
    assert!(!meta.fingerprint().is_empty() && meta.host.memory_bytes > 0 && !meta.host.name.is_empty());
    assert_eq!(meta.fingerprint(), again.run.meta.fingerprint(), "the same test is comparable");
    assert_ne!(meta.fingerprint(), other.unwrap().run.meta.fingerprint());
    assert!(meta.origin.plan.contains("shared-iterations"), "{}", meta.origin.plan);
    assert_eq!(meta.origin.target_version, "1.2");
    let (kept, _) = read_run(std::fs::File::open(file).unwrap()).unwrap();
    assert_eq!(kept.meta.fingerprint(), meta.fingerprint());
}

#[test]
fn a_run_is_judged_by_its_project() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("loadline.toml");
    let judged = |limit: &str, scripts: &str| {
        let text = format!("[[budget]]\nmetric = \"answer_time\"\n{scripts}max = \"{limit}\"\n");
        std::fs::write(&project, text).unwrap();
        run(test().project(&project)).unwrap()
    };
    assert_eq!(judged("200ms", "").ending, Ending::Passed);
    let failed = judged("50ms", "");
    assert_eq!((failed.ending, failed.verdicts.len()), (Ending::Failed, 1));
    assert_eq!(judged("50ms", "scripts = \"loadtests/**\"\n").verdicts.len(), 0, "it is for others");
    std::fs::write(&project, "[[budget]]\nmetrik = \"answer_time\"\n").unwrap();
    let wrong = run(test().project(&project)).unwrap_err();
    assert!(matches!(wrong, HarnessError::Project(_)) && wrong.ending() == Ending::Configuration, "{wrong}");
}

#[test]
fn what_cannot_be_written_or_run_is_told() {
    // The device takes nothing, as a full disk does.
    let lost = run(test().out(OutSpec::Json("/dev/full".into()))).unwrap();
    assert_eq!(lost.ending, Ending::OutputNotWritten);
    assert!(lost.trouble[0].text().contains("/dev/full"), "{:?}", lost.trouble);
    let absent = Path::new("absent/folder/of.run");
    for (test, part) in [
        (test().keep_run(absent), "absent/folder/of.run"),
        (test().scenario(Scenario::new("count", ten()), async |_: User, _: Iteration| {}), "count"),
    ] {
        let error = run(test).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.ending(), Ending::Configuration, "{error}");
    }
}

#[test]
fn what_cannot_be_sent_is_a_request_that_failed() {
    let asking = LoadTest::new("nowhere").project("none").threshold("http_req_failed", "rate<0.5").scenario(
        Scenario::new("ask", ten()),
        async |user: User, it: Iteration| {
            let failure = user.get(&it, "htp://me:secret@host/").await.unwrap_err();
            assert_eq!(failure.message, "invalid URL");
        },
    );
    let ended = run(asking).unwrap();
    assert_eq!(ended.ending, Ending::Failed);
    let metric = |name: &str| ended.run.schema().find(name).unwrap();
    let tags = [("name", "htp://****:****@host/"), ("error_code", "1020"), ("scenario", "ask")];
    assert_eq!(ended.run.select(metric("http_reqs"), &tags).map(|sink| sink.count()), Some(10));
    assert_eq!(ended.run.select(metric("response_time"), &tags), None, "nobody answered");
}

/// Keeps all that it hears.
#[derive(Default)]
struct Kept(Mutex<Vec<(Tone, String)>>);

impl Voice for Kept {
    fn say(&self, tone: Tone, text: &str) {
        self.0.lock().unwrap().push((tone, text.to_owned()));
    }
}

#[test]
fn an_iteration_or_a_handle_can_ask_for_the_end_and_a_voice_hears_of_it() {
    let kept = Arc::new(Kept::default());
    let aborting = LoadTest::new("aborting")
        .project("none")
        .voice(Arc::clone(&kept) as Arc<dyn Voice>)
        .threshold("http_reqs", "count>0")
        .scenario(Scenario::new("once", ten()), async |_: User, _: Iteration| {
            IterationEnd::Abort("enough".to_owned())
        });
    let ended = run(aborting).unwrap();
    assert_eq!(ended.ending, Ending::Aborted);
    assert!(ended.trouble.iter().any(|trouble| trouble.text() == "enough"), "{:?}", ended.trouble);
    let said = kept.0.lock().unwrap();
    assert_eq!(ended.answer.text, "aborted by the script: the requirement is not met until then");
    assert_eq!(ended.warnings.len(), said.iter().filter(|(tone, _)| *tone == Tone::Warning).count());

    let control = Control::new();
    control.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stopped = runtime.block_on(test().run_with(control)).unwrap();
    assert_eq!(stopped.ending, Ending::Signal);
}

#[test]
fn what_the_project_lists_as_secret_is_kept_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (project, file) = (folder.path().join("loadline.toml"), folder.path().join("kept.run"));
    std::fs::write(&project, "secrets = [\"S3cr3tOfTheHarness\"]\n").unwrap();
    let test = LoadTest::new("of S3cr3tOfTheHarness");
    let metric = test.define("answer_time", MetricKind::Trend, Unit::Milliseconds).unwrap();
    let test = test.project(&project).keep_run(&file);
    let test = test.scenario(Scenario::new("count", ten()), async move |_: User, it: Iteration| {
        it.record(metric, 100.0, &[("who", "is S3cr3tOfTheHarness")]);
    });
    run(test).unwrap();
    let (kept, _) = read_run(std::fs::File::open(file).unwrap()).unwrap();
    assert_eq!(kept.meta.name, "of ****");
    let metric = kept.schema().find("answer_time").unwrap();
    assert!(kept.select(metric, &[("who", "is ****")]).is_some());
    assert!(kept.select(metric, &[("who", "is S3cr3tOfTheHarness")]).is_none());
}
