//! The reference system's metrics name endpoints as its project file does: what `watch` rests on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::ended;

/// It ends with the test.
struct Holiday(Child);

impl Drop for Holiday {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn metrics_name_endpoints_as_the_project_file_does() {
    let project =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../loadline.toml")).unwrap();
    let section = project.split("[endpoints]").nth(1).unwrap().split("\n[").next().unwrap();
    let endpoints: Vec<(&str, &str)> = section
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, route)| (name.trim_matches('"'), route.trim_matches('"')))
        .collect();
    assert!(endpoints.len() >= 4, "{endpoints:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadline"));
    command.args(["holiday", "serve", "--listen", "127.0.0.1:0", "--programs", "20", "--exit-with-parent"]);
    let mut holiday =
        Holiday(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut said = BufReader::new(holiday.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut after =
        |prefix: &str| said.find_map(|line| line.strip_prefix(prefix).map(str::to_owned)).unwrap();
    let (url, metrics) = (after("listening on "), after("metrics on "));
    for (_, route) in &endpoints {
        let (method, path) = route.split_once(' ').unwrap();
        let asked = ended(Command::new("curl").args(["-s", "-X", method, &format!("{url}{path}")]));
        assert_eq!(asked.code, Some(0), "{}", asked.err);
    }
    let text = ended(Command::new("curl").args(["-s", &metrics])).out;
    for (name, route) in endpoints {
        let label = format!("endpoint=\"{name}\"");
        let counted =
            |line: &str| line.starts_with("api_request_duration_ms_count{") && line.contains(&label);
        assert!(text.lines().any(counted), "{route} is not counted as {name}:\n{text}");
    }
}
