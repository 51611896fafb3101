//! A run that is not whole is taken for one nowhere: every command that reads one says what it is, and passes nothing
//! by it.

use std::path::Path;
use std::sync::Arc;

use loadline_measure::{
    Builtin, Completeness, Origin, Producer, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText,
    WorkloadId, read_run, write_packed, write_run,
};

use crate::support::Folder;

/// Twenty seconds of a service that is slow from the tenth on, unless it is `well`.
pub(crate) fn made(number: i64, well: bool) -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let meta = RunMeta {
        name: "shop.js".to_owned(),
        started_unix_ms: 1_795_000_000_000 + number * 60_000,
        origin: Origin { workload: WorkloadId::new(Producer::Script, "5f"), ..Origin::default() },
        thresholds: vec![ThresholdText {
            selector: "response_time".to_owned(),
            expression: "max<500".to_owned(),
            ..ThresholdText::default()
        }],
        ..RunMeta::default()
    };
    let mut run = Run::new(meta, schema);
    for second in 0..20_u64 {
        for request in 0..20_u64 {
            let slow = if second >= 10 && !well { 900.0 } else { 0.0 };
            let latency = 10.0 + ((request * 7 + second * 13 + number.unsigned_abs()) % 20) as f64 + slow;
            recorder.record(builtin.http_reqs, 1.0, TagSetId::EMPTY);
            recorder.record(builtin.http_req_failed, 0.0, TagSetId::EMPTY);
            recorder.record(builtin.response_time, latency, TagSetId::EMPTY);
        }
        run.push(second, recorder.take_window());
    }
    run
}

fn save(folder: &Folder, name: &str, bytes: &[u8]) {
    std::fs::write(folder.path(name), bytes).unwrap();
}

/// The run cut in the middle, with a bit flipped in the middle, and interrupted: each by its file and what it is.
fn parts() -> [(&'static str, Vec<u8>, &'static str); 4] {
    let whole = write_run(&made(50, false), Vec::new()).unwrap();
    let nine = |cut: &usize| read_run(&whole[..*cut]).is_ok_and(|(run, _)| run.duration.as_secs() == 9);
    let cut = (0..whole.len()).find(nine).unwrap();
    let flipped = write_run(&made(51, false), Vec::new()).unwrap();
    let flipped = (cut..flipped.len()).find_map(|position| {
        let mut flipped = flipped.clone();
        flipped[position] ^= 4;
        let (run, completeness) = read_run(flipped.as_slice()).ok()?;
        let damaged = matches!(completeness, Completeness::Damaged { .. });
        (damaged && (1..10).contains(&run.duration.as_secs())).then_some(flipped)
    });
    let flipped = flipped.unwrap();
    let mut interrupted = made(52, true);
    interrupted.set_completeness(Completeness::Interrupted { why: "by a signal".to_owned() });
    let early = write_packed(&made(53, true), Vec::new()).unwrap();
    [
        ("cut.run", whole[..cut].to_vec(), "has no ending after 9s"),
        ("flipped.run", flipped, "is damaged"),
        (
            "interrupted.run",
            write_run(&interrupted, Vec::new()).unwrap(),
            "was interrupted by a signal after 20s",
        ),
        ("early.run", early[..early.len() - 9].to_vec(), "is damaged after 20s"),
    ]
}

#[test]
fn a_part_of_a_run_is_no_pass_wherever_it_is_judged() {
    let folder = Folder::with(&[]);
    save(&folder, "whole.run", &write_run(&made(1, true), Vec::new()).unwrap());
    for (file, bytes, what) in parts() {
        save(&folder, file, &bytes);
        let judged = folder
            .loadline(["budget", "check", file, "--junit", "verdicts.xml", "--github"])
            .env("GITHUB_STEP_SUMMARY", folder.path("summary.md"))
            .output()
            .unwrap();
        let (out, err) =
            (String::from_utf8(judged.stdout).unwrap(), String::from_utf8(judged.stderr).unwrap());
        assert_eq!(judged.status.code(), Some(1), "{file}: {out}{err}");
        assert!(out.contains("run endings") && out.contains(what), "{file}: {out}");
        assert!(out.contains("::error title=run%3A endings==1::it"), "{file}: {out}");
        assert!(err.contains(&format!("`{file}` is not a whole run: it {what}")), "{file}: {err}");
        assert!(folder.read("verdicts.xml").contains("failures=\"1\""), "{file}");
        let summary = folder.read("summary.md");
        assert!(summary.contains(what) && !summary.contains("pass"), "{file}: {summary}");
        std::fs::remove_file(folder.path("summary.md")).unwrap();

        let json = folder.run(["budget", "check", file, "--json"]).expect(1);
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!((&json["passed"], &json["complete"]), (&false.into(), &false.into()), "{file}");
        assert!(json["incomplete_because"].as_str().unwrap().contains(what), "{file}");

        // Whoever asks for it gets it, and is told.
        let asked = folder.run(["budget", "check", file, "--allow-incomplete"]).expect(0);
        assert!(asked.out.contains("run endings") && asked.err.contains(what), "{file}: {asked:?}");
        let compared = folder.run(["compare", "whole.run", file]).expect(2);
        assert!(compared.err.contains(what), "{file}: {}", compared.err);
        let forced = folder.run(["compare", "whole.run", file, "--force"]);
        assert!(forced.err.contains("compared all the same") && forced.err.contains(what), "{forced:?}");
    }
    let failed = write_run(&made(54, false), Vec::new()).unwrap();
    save(&folder, "late.run", &failed[..failed.len() - 40]);
    folder.run(["budget", "check", "late.run", "--allow-incomplete"]).expect(1);
}

#[test]
fn a_part_of_a_run_is_kept_as_one_or_not_at_all() {
    let folder = Folder::with(&[]);
    save(&folder, "whole.run", &write_run(&made(1, true), Vec::new()).unwrap());
    for (file, bytes, _) in parts() {
        save(&folder, file, &bytes);
    }
    let taken = folder
        .run(["history", "import", "cut.run", "flipped.run", "interrupted.run", "early.run", "whole.run"])
        .expect(3);
    assert!(taken.err.contains("cannot import `flipped.run`"), "{}", taken.err);
    assert!(taken.err.contains("`cut.run` is not a whole run"), "{}", taken.err);
    assert!(
        taken.out.contains("whole.run is run 3"),
        "one that cannot be taken keeps no other out: {taken:?}"
    );
    let listed = folder.run(["history", "--json"]).expect(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let told: Vec<(&str, &str)> = listed["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["state"].as_str().unwrap(), run["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("interrupted", "inconclusive"), ("crashed", "inconclusive"), ("imported", "passed")]);
    for (run, what) in [("1", "has no ending after"), ("2", "was interrupted by a signal")] {
        let shown = folder.run(["history", "show", run]).expect(0);
        assert!(shown.out.contains(&format!("no: it {what}")) && shown.out.contains("p95"), "{}", shown.out);
        let exported = folder.run(["history", "export", run, "again.run"]).expect(0);
        assert!(exported.err.contains(what), "{}", exported.err);
        let checked = folder.run(["baseline", "check", run]).expect(1);
        assert!(checked.out.contains("no data") && checked.out.contains(what), "{}", checked.out);
        let saved = folder.run(["baseline", "save", "part", "--like", run]).expect(3);
        assert!(saved.err.contains(what), "{}", saved.err);
    }
    let exported = folder.run(["history", "export", "all", "all"]).expect(0);
    assert_eq!(exported.err.matches("is not a whole run").count(), 2, "{}", exported.err);
    let trend = folder.run(["history", "trend", "all requests", "p95", "--json"]).expect(0);
    let trend: serde_json::Value = serde_json::from_str(&trend.out).unwrap();
    assert_eq!(trend["points"].as_array().unwrap().len(), 1, "{trend}");
    folder.run(["report", "baselines", "--output", "page.md"]).expect(0);
    assert!(folder.read("page.md").contains("runs: 1,"), "{}", folder.read("page.md"));
}

#[test]
fn a_check_of_nothing_passes_nothing_and_says_why() {
    let folder = Folder::with(&[]);
    let mut other = made(1, true);
    other.meta.origin.plan = "constant-vus".to_owned();
    let mut saturated = made(2, true);
    saturated.meta.saturation = Some(loadline_measure::Saturation { evidence: vec!["slow".to_owned()] });
    for (file, run) in [("other.run", other), ("saturated.run", saturated), ("new.run", made(9, true))] {
        save(&folder, file, &write_run(&run, Vec::new()).unwrap());
    }
    save(&folder, "cut.run", &parts()[0].1);
    folder.run(["history", "import", "other.run", "saturated.run", "cut.run", "new.run"]).expect(0);
    let checked = folder.run(["baseline", "check", "4"]).expect(1);
    for words in [
        "no data: no run before run 4 is comparable to it; a check wants 10",
        "run 1: of another plan",
        "run 2: not trustworthy",
        "run 3: not whole: crashed",
    ] {
        assert!(checked.out.contains(words), "`{words}` is missing:\n{}", checked.out);
    }
    let json = folder.run(["baseline", "check", "4", "--json"]).expect(1);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json["passed"], &json["outcome"], &json["comparable"], &json["wanted"]),
        (&false.into(), &"no_data".into(), &0.into(), &10.into())
    );
    assert_eq!(json["not_comparable"].as_array().unwrap().len(), 3);
    assert!(Path::new(&folder.path(".loadline/history.sqlite")).exists());
}
