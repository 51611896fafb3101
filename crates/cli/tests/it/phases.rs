//! Every phase of a run ends when it is told to, or when its time is over, whatever the script does in it.

use rustix::process::Signal;

use crate::support::{Ended, Folder, Talking, nginx};

/// QuickJS asks from time to time whether this has to end.
const LOOP: &str = "for (;;) {}";
/// It never gets to ask in this, which takes minutes.
const NATIVE: &str = "new Array(2 ** 32 - 1).reverse();";

/// A script that says `here` in a phase and then never leaves it.
fn endless(phase: &str, never: &str, timeout: &str) -> String {
    let options = format!(
        "export const options = {{ iterations: 1, setupTimeout: '{timeout}', teardownTimeout: '{timeout}', handleSummaryTimeout: '{timeout}' }};\n"
    );
    let stay = format!("console.log('here'); {never}");
    let usual = "export default function () {}\n";
    options
        + &match phase {
            "init" => format!("{usual}{stay}"),
            // The first look at the script has no users yet.
            "init of a user" => format!("{usual}if (__VU > 0) {{ {stay} }}"),
            "iterations" => format!("export default function () {{ {stay} }}"),
            function => format!("{usual}export function {function}() {{ {stay} }}"),
        }
}

const PHASES: [&str; 6] = ["init", "init of a user", "setup", "iterations", "teardown", "handleSummary"];

#[test]
fn no_phase_outlives_three_signals() {
    let kinds = [Signal::INT, Signal::TERM, Signal::QUIT, Signal::HUP];
    for (number, (phase, never)) in
        PHASES.into_iter().flat_map(|phase| [(phase, LOOP), (phase, NATIVE)]).enumerate()
    {
        let folder = Folder::with(&[("script.js", &endless(phase, never, "10m"))]);
        let mut run = Talking::start(&mut folder.loadline(["run", "-q", "script.js"]));
        run.until("here");
        // Each after the answer to the one before, so that none is taken for another; some phases end before the last.
        for (sent, answer) in
            ["stopping", "stopping at once", "ended without a report"].into_iter().enumerate()
        {
            run.signal(kinds[(number + sent) % kinds.len()]);
            if !run.says(answer) {
                break;
            }
        }
        let ended = run.end();
        assert_eq!(ended.code, Some(105), "{phase}, {never}: {}", ended.err);
        assert!(ended.err.contains("stopping"), "{phase}, {never}: {}", ended.err);
    }
}

/// The script is stopped by so many interrupts.
fn stopped(phase: &str, never: &str, interrupts: usize) -> Ended {
    let folder = Folder::with(&[("script.js", &endless(phase, never, "10m"))]);
    let mut run = Talking::start(&mut folder.loadline(["run", "-q", "script.js"]));
    run.until("here");
    for answer in ["stopping", "stopping at once"].into_iter().take(interrupts) {
        run.signal(Signal::INT);
        run.until(answer);
    }
    run.end().expect(105)
}

#[test]
fn what_cannot_go_on_ends_at_the_first_signal_and_is_reported() {
    for never in [LOOP, NATIVE] {
        let init = stopped("init", never, 1);
        assert!(init.err.contains("init code of `script.js`: interrupted"), "{}", init.err);
        let setup = stopped("setup", never, 1);
        assert!(setup.err.contains("setup(): interrupted"), "{}", setup.err);
        assert!(setup.out.contains("nothing was measured"), "{}", setup.out);
    }
}

#[test]
fn what_may_end_by_itself_ends_at_the_second_signal_and_is_reported() {
    for never in [LOOP, NATIVE] {
        let teardown = stopped("teardown", never, 2);
        assert!(teardown.err.contains("stopping: teardown() may end"), "{}", teardown.err);
        assert!(teardown.err.contains("teardown(): interrupted"), "{}", teardown.err);
        assert!(teardown.out.contains("iterations"), "{}", teardown.out);
        let summary = stopped("handleSummary", never, 2);
        assert!(
            summary.err.contains("handleSummary(): interrupted; this is the usual summary"),
            "{}",
            summary.err
        );
        assert!(summary.out.contains("iterations"), "{}", summary.out);
    }
}

#[test]
fn time_limits_hold_in_native_functions_too() {
    for never in [LOOP, NATIVE] {
        let within = |phase: &str, code| {
            let folder = Folder::with(&[("script.js", &endless(phase, never, "1s"))]);
            let mut command = folder.loadline(["run", "-q", "script.js"]);
            crate::support::ended(command.env("LOADLINE_INIT_TIMEOUT", "1s")).expect(code)
        };
        assert!(within("init", 107).err.contains("did not end within 1s"));
        assert!(within("init of a user", 107).err.contains("did not end within 1s"));
        assert!(within("setup", 100).err.contains("setup(): it did not end within 1s"));
        let teardown = within("teardown", 101);
        assert!(teardown.err.contains("teardown(): it did not end within 1s"), "{}", teardown.err);
        assert!(teardown.out.contains("iterations"), "the report is there: {}", teardown.out);
        // The verdict is not the summary's business.
        let summary = within("handleSummary", 0);
        assert!(
            summary.err.contains("it did not end within 1s; this is the usual summary"),
            "{}",
            summary.err
        );
        assert!(summary.out.contains("iterations"), "{}", summary.out);
    }
}

#[test]
fn a_summary_that_fails_gives_way_to_the_usual_one() {
    let script = "export const options = { iterations: 1, thresholds: { iterations: ['count>5'] } };\n\
         export default function () {}\nexport function handleSummary() { throw new Error('mine'); }";
    let ended = Folder::with(&[("script.js", script)]).run(["run", "-q", "script.js"]).expect(99);
    assert!(ended.err.contains("mine") && ended.out.contains("iterations"), "{}\n{}", ended.err, ended.out);
}

#[test]
fn a_hang_up_ends_runs_and_hits_with_their_reports() {
    let nginx = nginx();
    for signal in [Signal::HUP, Signal::QUIT] {
        let folder = Folder::with(&[(
            "script.js",
            "import { sleep } from 'k6';\nexport const options = { vus: 1, duration: '10m' };\n\
             export default function () { console.log('here'); sleep(0.05); }\n\
             export function teardown() { console.log('torn down'); }",
        )]);
        let mut run = Talking::start(&mut folder.loadline(["run", "-q", "script.js"]));
        run.until("here");
        run.signal(signal);
        let ended = run.end().expect(105);
        assert!(ended.err.contains("torn down") && ended.out.contains("iterations"), "{}", ended.err);

        let mut hit = Talking::start(&mut folder.loadline(["hit", "-d", "10m", &nginx.url]));
        hit.until("requests");
        hit.signal(signal);
        let ended = hit.end().expect(105);
        assert!(ended.out.contains("requests"), "{}\n{}", ended.err, ended.out);
    }
}

#[test]
fn only_files_that_end_are_opened() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap();
    assert!(made.success());
    std::fs::File::create(folder.path("big")).unwrap().set_len(2 << 30).unwrap();
    for (code, fragment) in [
        ("open('/dev/zero');", "`/dev/zero`: it is a pipe, a socket or a device"),
        ("open('./pipe', 'b');", "only regular files are opened"),
        ("open('./big');", "it has 2147483648 bytes, and the script's data may have"),
        ("require('./pipe');", "only regular files are opened"),
        (
            "new SharedArray('users', () => new Array(2 ** 32 - 1));",
            "SharedArray `users` is too large: it has 4294967295 elements",
        ),
    ] {
        let script =
            format!("import {{ SharedArray }} from 'k6/data';\n{code}\nexport default function () {{}}");
        folder.write("script.js", &script);
        let ended = folder.run(["run", "-q", "script.js"]).expect(107);
        assert!(ended.err.contains(fragment), "{code}: {}", ended.err);
    }
    folder.write(
        "script.js",
        "export const options = { iterations: 1 };\nopen('./data');\nexport default function () {}",
    );
    folder.write("data", "1234567890");
    let limited = |limit: &str| {
        let mut command = folder.loadline(["run", "-q", "script.js"]);
        crate::support::ended(command.env("LOADLINE_DATA_LIMIT", limit))
    };
    assert!(limited("9").expect(107).err.contains("`LOADLINE_DATA_LIMIT`"));
    limited("10").expect(0);
    limited("0").expect(0);
    assert!(limited("much").expect(104).err.contains("which is not a size"));

    let config = folder.run(["run", "-q", "--config", "/dev/zero", "script.js"]).expect(104);
    assert!(config.err.contains("more than the 16 MiB"), "{}", config.err);
    let project = folder.run(["run", "-q", "--project", "/dev/zero", "script.js"]).expect(104);
    assert!(project.err.contains("more than the 16 MiB"), "{}", project.err);
    for out in [["--out", "json=pipe"], ["--out", "run=pipe"], ["--console-output", "pipe"]] {
        let ended = folder.run(["run", "-q", out[0], out[1], "script.js"]).expect(104);
        assert!(ended.err.contains("nobody reads from this pipe"), "{}", ended.err);
    }
}

#[test]
fn a_setup_that_aborts_has_no_teardown() {
    let folder = Folder::with(&[(
        "script.js",
        "import exec from 'k6/execution';
         export function setup() { exec.test.abort('no stock'); }
         export default () => {};
         export function teardown() { console.log('torn down'); }
         export function handleSummary() { console.log('summed up'); return {}; }",
    )]);
    let ended = folder.run(["run", "-q", "script.js"]).expect(108);
    assert!(ended.err.contains("summed up") && !ended.err.contains("torn down"), "{}", ended.err);
}
