//! A load test of holiday, the reference system, written in Rust: an example to copy.
//!
//! ```console
//! $ cargo run -p holiday -- serve --listen 127.0.0.1:3000 --programs 2000
//! $ BASE_URL=http://127.0.0.1:3000 cargo run -p holiday-load-rs --release
//! ```
//! One scenario is an asynchronous closure, the other a type that implements `Vu`, because its users remember
//! something. Variables: `BASE_URL`; `SECONDS` to run, 10 by default; `SEARCH_P95_MS`, the limit of searches, 500 by
//! default; `RUN_FILE`, where to keep the Run.

mod parent;

use std::process::ExitCode;
use std::time::Duration;

use loadline_harness::{LoadTest, User};
use loadline_load::{ConstantArrivalRate, ConstantVus, Executor, Iteration, Scenario};
use loadline_measure::{MetricKind, SchemaError, Unit};

use crate::parent::Parent;

fn main() -> ExitCode {
    match load_test() {
        Ok(test) => test.main(),
        Err(_taken) => ExitCode::from(104),
    }
}

fn load_test() -> Result<LoadTest, SchemaError> {
    let base = variable("BASE_URL", "http://127.0.0.1:3000");
    let duration = Duration::from_secs_f64(variable("SECONDS", "10").parse().unwrap_or(10.0));
    let limit = format!("p(95)<{}", variable("SEARCH_P95_MS", "500"));

    let test = LoadTest::new("holiday in Rust");
    let programs_found = test.define("programs_found", MetricKind::Trend, Unit::Plain)?;
    let visits = Executor::ConstantVus(ConstantVus { vus: 5, duration });
    let searches = Executor::ConstantArrivalRate(ConstantArrivalRate {
        rate: 20,
        time_unit: Duration::from_secs(1),
        duration,
        pre_allocated_vus: 10,
        max_vus: 20,
    });
    let url = base.clone();
    let test = test
        .scenario(Scenario::new("visit", visits), async move |user: User, it: Iteration| {
            let page = user.get(&it, &format!("{url}/")).await;
            user.check(&it, "visit: status is 200", page.is_ok_and(|page| page.status == 200));
            tokio::time::sleep(Duration::from_millis(200)).await; // think time
        })
        .scenario_of(Scenario::new("search", searches), move |user| Parent::new(user, &base, programs_found))
        .threshold("http_req_duration{scenario:search}", &limit)
        .threshold("http_req_failed", "rate<0.01")
        .threshold("checks", "rate>0.99")
        .threshold("programs_found", "min>0");
    Ok(match std::env::var("RUN_FILE") {
        Ok(path) => test.keep_run(path),
        Err(_) => test,
    })
}

fn variable(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}
