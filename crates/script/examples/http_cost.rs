//! What a scripted request costs: `http_cost URL USERS SECONDS PER_REALM` runs `http.get` and one `check` in a closed
//! loop on one thread and prints requests per CPU-second.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_client::{ClientConfig, Shared};
use loadline_measure::{Recorder, Schema, TagSetId};
use loadline_script::compile::{Builtins, Memory, Settings, compile};
use loadline_script::modules::{
    IterationNumbers, Level, Log, Process, ScenarioView, Source, VuState, WorkerState, exports, install,
};
use loadline_script::script_text;
use loadline_script::vm::{Realm, RealmSettings, Vu};

const SCRIPT: &str = "import http from 'k6/http'; import { check } from 'k6';
export default function () {
  const response = http.get(__ENV.TARGET);
  check(response, { 'status is 200': (r) => r.status === 200 });
}";

struct Silent;

impl Log for Silent {
    fn log(&self, level: Level, _: Source, message: &str) {
        println!("{level:?}: {message}");
    }
}

struct Closed;

impl ScenarioView for Closed {
    fn name(&self) -> &'static str {
        "default"
    }
    fn executor(&self) -> &'static str {
        "constant-vus"
    }
    fn start_unix_ms(&self) -> f64 {
        0.0
    }
    fn progress(&self) -> f64 {
        0.0
    }
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.split_whitespace().skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    fields.iter().sum::<f64>() / 100.0
}

async fn iterate(mut vu: Vu, until: tokio::time::Instant, count: Rc<Cell<u64>>) {
    let state = vu.slot().state::<VuState>().expect("the user was made with this state");
    let scenario: Rc<dyn ScenarioView> = Rc::new(Closed);
    let Ok(Some(export)) = vu.export("default") else { return };
    let mut numbers = IterationNumbers::default();
    while tokio::time::Instant::now() < until {
        state.begin(Rc::clone(&scenario), numbers, TagSetId::EMPTY);
        numbers.in_vu += 1;
        let done = vu.call(&export, |_| Ok(Vec::new()), |_, _| Ok(()), std::future::pending(), None).await;
        if let Err(error) = done {
            println!("{error}");
        }
        count.set(count.get() + 1);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, users, seconds, per_realm] = &arguments[..] else {
        return Err("usage: http_cost URL USERS SECONDS PER_REALM".into());
    };
    let (users, seconds, per_realm): (u64, u64, u64) = (users.parse()?, seconds.parse()?, per_realm.parse()?);
    let builtins = exports().fold(Builtins::new(), |list, (name, exports)| list.with(name, &exports));
    let files = Memory::new().with("/work/cost.js", SCRIPT);
    let bundle = Arc::new(compile("cost.js".as_ref(), &Settings::new(files, "/work", builtins))?);
    let text = script_text(&bundle);
    let environment = BTreeMap::from([("TARGET".to_owned(), url.clone())]);
    let client = Shared::new(ClientConfig::default())?;
    let process = Arc::new(Process::new(Schema::new(), environment, client, Arc::new(Silent))?);
    let recorder = Rc::new(RefCell::new(Recorder::new(Arc::clone(&process.schema))));
    let worker = WorkerState::new(process, Rc::clone(&recorder), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let count = Rc::new(Cell::new(0));
        let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
        let mut realm = Realm::new(Arc::clone(&text), &RealmSettings::default(), install)?;
        let before = cpu_seconds();
        let mut tasks = Vec::new();
        for id in 0..users {
            if id > 0 && id % per_realm == 0 {
                realm = Realm::new(Arc::clone(&text), &RealmSettings::default(), install)?;
            }
            let vu = realm.instantiate(id, VuState::new(Rc::clone(&worker), id + 1))?;
            tasks.push(tokio::task::spawn_local(iterate(vu, until, Rc::clone(&count))));
        }
        while tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(recorder.borrow_mut().take_window());
        }
        for task in tasks {
            task.await?;
        }
        let cpu = cpu_seconds() - before;
        println!(
            "{} requests, {cpu:.2} CPU-seconds, {:.0} per CPU-second",
            count.get(),
            count.get() as f64 / cpu
        );
        Ok(())
    })
}
