//! The client alone in a closed loop: what a request costs without a script, for comparing with wrk.
//!
//! `cargo run --release -p loadline-client --example closed_loop -- URL [CONNECTIONS] [SECONDS]`
//!
//! One thread; each connection belongs to a client of its own that sends the next request when the last was answered.
//! CPU seconds are the kernel's own account of this process (`/proc/self/task/*/schedstat`), so this needs Linux.
#![expect(clippy::print_stdout, reason = "an example that prints figures")]

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use loadline_client::{Client, ClientConfig, Request, Shared, Tls, parse_url};
use tokio::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = parse_url(&arguments.next().ok_or("usage: closed_loop URL [CONNECTIONS] [SECONDS]")?)?;
    let connections: usize = arguments.next().map_or(Ok(50), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let tls = Tls { insecure_skip_verify: true, ..Tls::default() };
    let shared = Shared::new(ClientConfig { tls, ..ClientConfig::default() })?;
    let (requests, failures) = (Rc::new(Cell::new(0u64)), Rc::new(Cell::new(0u64)));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let started = Instant::now();
    let until = started + Duration::from_secs(seconds);
    for _ in 0..connections {
        let (url, shared, requests, failures) =
            (url.clone(), shared.clone(), requests.clone(), failures.clone());
        local.spawn_local(async move {
            let client = Client::new(shared);
            while Instant::now() < until {
                let exchange = client.send(Request::get(url.clone()), None).await;
                requests.set(requests.get() + 1);
                if !matches!(&exchange.last().outcome, Ok(response) if response.status == 200) {
                    failures.set(failures.get() + 1);
                    if failures.get() == 1 {
                        println!("first failure: {:?}", exchange.last().outcome);
                    }
                }
            }
        });
    }
    runtime.block_on(local);

    let (requests, elapsed, cpu) = (requests.get() as f64, started.elapsed().as_secs_f64(), cpu_seconds()?);
    println!("requests            {requests:>12.0}");
    println!("failures            {:>12}", failures.get());
    println!("requests/s          {:>12.0}", requests / elapsed);
    println!("CPU seconds         {cpu:>12.3}");
    println!("requests/CPU-second {:>12.0}", requests / cpu);
    println!("peak memory         {:>12}", peak_memory()?);
    Ok(())
}

fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let mut nanoseconds = 0u64;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e9)
}

/// The kernel's `VmHWM`, such as `5120 kB`.
fn peak_memory() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.unwrap_or("unknown").trim().to_owned())
}
