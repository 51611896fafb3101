//! The example against holiday: a pass and a fail, with their summaries, exit codes and Run.

use std::process::{Command, Output};

use ::holiday::server::{Server, Settings};
use loadline_measure::read_run;

/// Starts holiday on a free port, on a thread of its own; it ends with the process. Its address.
fn serve() -> String {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let settings = Settings { listen: "127.0.0.1:0".parse().unwrap(), ..Settings::default() };
            let server = Server::start(&settings).await.unwrap();
            tell.send(format!("http://{}", server.address())).unwrap();
            server.run(std::future::pending()).await;
        });
    });
    told.recv().unwrap()
}

fn load(variables: &[(&str, &str)]) -> (Output, String, String) {
    // Where there is no project file, and nothing that a test leaves behind.
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_holiday-load-rs"));
    let output = command.envs(variables.iter().copied()).current_dir(folder.path()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

/// The line of a summary that begins with this.
fn line<'a>(out: &'a str, start: &str) -> &'a str {
    out.lines().map(str::trim_start).find(|line| line.starts_with(start)).unwrap_or_default()
}

#[test]
fn a_good_system_passes_and_a_limit_too_low_fails() {
    let url = serve();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.run");
    let kept = file.display().to_string();
    let variables =
        [("BASE_URL", url.as_str()), ("SECONDS", "2"), ("SEARCH_P95_MS", "20000"), ("RUN_FILE", &kept)];
    let (output, out, err) = load(&variables);
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    for part in [
        "✓ 'p(95)<20000'",
        "✓ visit: status is 200",
        "✓ search: has programmes",
        "programs_found",
        "process_memory { process:generator }",
        "iteration_duration",
        "data_received",
    ] {
        assert!(out.contains(part), "`{part}` is missing in:\n{out}");
    }
    assert!(line(&out, "http_req_failed.").contains(": 0.00%"), "{out}");
    let (run, _) = read_run(std::fs::read(&file).unwrap().as_slice()).unwrap();
    let requests = run.schema().find("http_reqs").unwrap();
    let tags =
        [("scenario", "search"), ("name", "search.findPrograms"), ("status", "200"), ("method", "POST")];
    let searches = run.select(requests, &tags).unwrap().as_counter().unwrap().sum;
    assert!(searches > 0.0);
    let iterations = run.select(run.schema().find("iterations").unwrap(), &[("scenario", "search")]);
    assert_eq!(iterations.unwrap().as_counter().unwrap().sum, searches);

    let (output, out, err) = load(&[("BASE_URL", &url), ("SECONDS", "1"), ("SEARCH_P95_MS", "0.001")]);
    assert_eq!(output.status.code(), Some(99), "{out}\n{err}");
    assert!(out.contains("✗ 'p(95)<0.001'"), "{out}");
    let line = "1 of 4 requirements are not met: `p(95)<0.001` on `http_req_duration{scenario:search}`";
    assert!(err.contains(line), "{err}");
}

#[test]
fn a_threshold_that_cannot_be_understood_is_told_before_any_load() {
    let (output, out, err) = load(&[("SEARCH_P95_MS", "fast")]);
    assert_eq!(output.status.code(), Some(104), "{out}\n{err}");
    assert!(err.contains("p(95)<fast") && out.is_empty(), "{err}");
}

#[test]
fn a_system_that_is_down_is_measured() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (output, out, err) = load(&[("BASE_URL", &format!("http://{free}")), ("SECONDS", "1")]);
    assert_eq!(output.status.code(), Some(99), "{out}\n{err}");
    assert!(line(&out, "http_req_failed.").contains(": 100.00%"), "{out}");
    assert!(err.contains("`min>0` on `programs_found` (no data)"), "{err}");
}
