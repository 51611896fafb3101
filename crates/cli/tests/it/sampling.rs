//! Resources sampled during a run, and the verdict on their slope: leaks are found, on either side.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use loadline_measure::read_run;

use crate::support::{Folder, free_port, holiday, repository};

/// Keeps every iteration's text for ever: half a megabyte for each.
const HOARDER: &str = r"
import { sleep } from 'k6';
const hoard = [];
export const options = { vus: 1, duration: '16s', thresholds: { 'process_memory{process:generator}': ['slope<50MB/h'] } };
export default function () { hoard.push(new Array(60000).fill(hoard.length)); sleep(0.1); }
";

const IDLE: &str = r"
import { sleep } from 'k6';
export const options = { vus: 2, duration: '13s' };
export default function () { sleep(0.1); }
";

/// A Prometheus endpoint whose answers are these, one after the other, the last one again and again.
fn endpoint(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for number in 0.. {
            let Ok((mut connection, _)) = listener.accept() else { return };
            let mut request = [0; 4096];
            let _ = connection.read(&mut request);
            let body = &answers[usize::min(number, answers.len() - 1)];
            let status = if body.is_empty() { "503 Service Unavailable" } else { "200 OK" };
            let length = body.len();
            let _ = write!(
                connection,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    url
}

#[test]
fn a_script_that_hoards_is_a_leak_of_the_generator() {
    let folder = Folder::with(&[("hoard.js", HOARDER)]);
    let ended = folder.run(["run", "--out", "run=hoard.run", "hoard.js"]).expect(99);
    for fragment in
        ["✗ 'slope<50MB/h' slope=", "99% interval", "limit < 50 MB/h", "process_memory { process:generator }"]
    {
        assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
    }
    assert!(
        ended.err.contains(
            "failed: the requirement is not met: `slope<50MB/h` on `process_memory{process:generator}`"
        ),
        "{}",
        ended.err
    );
    let (run, _) = read_run(std::fs::read(folder.path("hoard.run")).unwrap().as_slice()).unwrap();
    let memory = run.schema().find("process_memory").unwrap();
    let all = run.gauge_seconds(memory, &[("process", "generator")]);
    assert!(all[0].1.len() >= 11, "{all:?}");
}

#[test]
fn what_is_scraped_is_judged_and_failures_leave_gaps() {
    let answer = |number: u64| {
        format!(
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n\
             app_queue{{queue=\"mail\"}} {}\napp_queue{{queue=\"print\"}} 7\napp_secret 1\nprocess_cpu_seconds_total {}\n",
            100_000_000 + number * 3_000_000,
            number * 5,
            number / 4,
        )
    };
    let mut answers: Vec<String> = (0..300).map(answer).collect();
    answers[4].clear();
    answers[6] = "<html>\n".to_owned();
    let url = endpoint(answers);
    let thresholds = r"
export const options = { vus: 2, duration: '20s', thresholds: {
  'process_resident_memory_bytes{target:app}': ['slope<20MB/h'],
  'app_queue{queue:mail}': ['slope<1/s'],
  'process_cpu_seconds_total': ['slope<0.9/s'],
  scrape_failures: ['count==2'],
} };
import { sleep } from 'k6';
export default function () { sleep(0.1); }
";
    let folder = Folder::with(&[("script.js", thresholds)]);
    let scrape = format!("app={url}");
    let ended = folder
        .run([
            "run",
            "--scrape",
            &scrape,
            "--scrape-metric",
            "app_queue",
            "--scrape-metric",
            "app_nothing",
            "script.js",
        ])
        .expect(99);
    for fragment in [
        "✗ 'slope<20MB/h' slope=",
        "✗ 'slope<1/s'",
        "? 'slope<0.9/s'",
        "✓ 'count==2'",
        "app_queue { queue:print,target:app }",
    ] {
        assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
    }
    assert!(!ended.out.contains("app_secret"), "{}", ended.out);
    assert_eq!(ended.err.matches("cannot scrape `app`").count(), 1, "{}", ended.err);
    assert!(ended.err.contains("`app` has no metric `app_nothing`"), "{}", ended.err);
    assert!(ended.err.contains(" are not met, 1 open: "), "{}", ended.err);
}

#[test]
fn processes_and_targets_that_go_away_or_never_were_do_not_end_the_run() {
    // It ends when its standard input does: in the middle of the run, when the script says so.
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let folder = Folder::with(&[("script.js", IDLE)]);
    let process = format!("cat={}", child.id());
    let nobody = format!("nobody=http://127.0.0.1:{}/metrics", free_port());
    let mut command = folder.loadline([
        "run",
        "--duration",
        "5s",
        "--sample-interval",
        "100ms",
        "--process",
        &process,
        "--scrape",
        &nobody,
        "--out",
        "json=samples.json",
        "script.js",
    ]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = String::new();
    let mut stderr = std::io::BufReader::new(run.stderr.take().unwrap());
    // The first whole second has been measured when its line is there.
    while !err.contains("s running") {
        assert!(std::io::BufRead::read_line(&mut stderr, &mut err).unwrap() > 0, "{err}");
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    stderr.read_to_string(&mut err).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(0), "{err}");
    assert_eq!(err.matches("the process `cat` has ended").count(), 1, "{err}");
    assert_eq!(err.matches("cannot scrape `nobody`").count(), 1, "{err}");
    let samples = folder.read("samples.json");
    let of = |process: &str| {
        samples.lines().filter(|line| line.contains(&format!("\"process\":\"{process}\""))).count()
    };
    assert!(of("cat") >= 5 && of("generator") > of("cat"), "{} {}", of("cat"), of("generator"));
}

#[test]
fn mistakes_are_told_before_any_load() {
    let folder = Folder::with(&[("script.js", IDLE)]);
    let ended = folder
        .run([
            "run",
            "--process",
            "a=1x",
            "--process",
            "b b=1",
            "--scrape",
            "c=nowhere",
            "--sample-interval",
            "1ms",
            "script.js",
        ])
        .expect(104);
    for fragment in [
        "`1x` is not a process id",
        "`b b` is not a name",
        "`nowhere` is not a URL",
        "is not from 100ms to 1h",
    ] {
        assert!(ended.err.contains(fragment), "`{fragment}` is missing in:\n{}", ended.err);
    }
    assert!(!ended.err.contains("running"), "{}", ended.err);
    let taken = "import { Trend } from 'k6/metrics';\nnew Trend('app_queue');\nexport default () => {};";
    folder.write("taken.js", taken);
    let ended = folder
        .run(["run", "--scrape", "c=http://127.0.0.1:9", "--scrape-metric", "app_queue", "taken.js"])
        .expect(104);
    assert!(ended.err.contains("`app_queue` is defined twice"), "{}", ended.err);
}

#[test]
fn the_soak_test_of_the_reference_system_is_a_valid_plan() {
    let folder = Folder::new();
    let script = repository("loadtests/soak.ts");
    let ended = folder.run(["inspect", "-e", "LOAD_TEST_PASSWORD=x", script.to_str().unwrap()]).expect(0);
    assert!(
        ended.out.contains("process_memory{process:holiday}") && ended.out.contains("slope<20MB/h"),
        "{}",
        ended.out
    );
}

#[test]
fn a_leak_of_the_service_is_found_and_whose_it_is() {
    let metrics = format!("127.0.0.1:{}", free_port());
    let holiday = holiday(&["--leak", "20MB/s", "--metrics-listen", &metrics]);
    let folder = Folder::new();
    let script = repository("loadtests/soak.ts");
    let (process, base) = (format!("holiday={}", holiday.id()), format!("BASE_URL={}", holiday.url));
    let scrape = format!("holiday=http://{metrics}");
    let ended = folder
        .run([
            "run",
            "--process",
            &process,
            "--scrape",
            &scrape,
            "-e",
            &base,
            "-e",
            "USERS=6",
            "-e",
            "DURATION=16s",
            "-e",
            "LOAD_TEST_PASSWORD=correct horse battery staple",
            script.to_str().unwrap(),
        ])
        .expect(99);
    // The load generator's own is not among them.
    let failed = "`slope<20MB/h` on `process_memory{process:holiday}`, \
                  `slope<20MB/h` on `process_resident_memory_bytes{target:holiday}`";
    assert!(ended.err.contains(failed), "{}\n{}", ended.out, ended.err);
    assert!(ended.out.contains("process_open_fds { target:holiday }"), "{}", ended.out);
}
