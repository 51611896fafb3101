//! The simulator against what queueing theory knows in closed form.

use loadline_scale::autoscaler::Fixed;
use loadline_scale::service::{Service, ServiceTime, mg_1_wait_s, mm_c_wait_s};
use loadline_scale::simulation::{Lost, Observer, Scenario, State, simulate};
use loadline_scale::traffic::Profile;

/// Adds up response times.
#[derive(Default)]
struct Mean {
    sum_s: f64,
    number: u64,
}

impl Observer for Mean {
    fn answered(&mut self, took_s: f64, times: u64) {
        self.sum_s += took_s * times as f64;
        self.number += times;
    }

    fn lost(&mut self, why: Lost, _: u64) {
        panic!("{why}");
    }

    fn second(&mut self, _: u64, _: &State) {}
}

/// So many requests are looked at: waits go on for a while once they have begun, so that of few of them chance would be
/// more than what is agreed on; in a long queue with several workers most of all.
const REQUESTS: f64 = 2_400_000.0;
const MANY: f64 = 4.0 * REQUESTS;

/// The mean wait of so many requests at so many per second on each of some replicas, in seconds.
fn simulated_wait_s(requests: f64, per_s: f64, time: ServiceTime, workers: usize, replicas: i32) -> f64 {
    let mean_s = time.mean_s();
    let seconds = (requests / per_s) as usize;
    let traffic = Profile::constant(per_s * f64::from(replicas), seconds / replicas as usize).unwrap();
    let service = Service::new(time, workers).unwrap();
    let scenario = Scenario { seed: 3, ..Scenario::new(traffic, service, 1000, replicas) };
    let mut mean = Mean::default();
    let ledger = simulate(&scenario, &mut Fixed(replicas), &mut mean).unwrap();
    assert_eq!(ledger.requests, mean.number);
    mean.sum_s / mean.number as f64 - mean_s
}

fn agree(simulated: f64, exact: f64, what: &str) {
    let apart = (simulated / exact - 1.0).abs();
    assert!(apart < 0.02, "{what}: {simulated} s simulated, {exact} s exact: {:.2} % apart", apart * 100.0);
}

#[test]
fn one_worker_waits_as_long_as_m_m_1_says() {
    for busy in [0.5, 0.7] {
        let simulated = simulated_wait_s(REQUESTS, busy * 20.0, ServiceTime::new(0.05, 1.0).unwrap(), 1, 1);
        agree(simulated, mm_c_wait_s(busy * 20.0, 0.05, 1).unwrap(), &format!("{busy} busy"));
    }
}

#[test]
fn several_workers_wait_as_long_as_m_m_c_says() {
    for (workers, busy, requests) in [(2, 0.7, REQUESTS), (8, 0.8, MANY)] {
        let per_s = busy * workers as f64 / 0.05;
        let simulated = simulated_wait_s(requests, per_s, ServiceTime::new(0.05, 1.0).unwrap(), workers, 1);
        agree(simulated, mm_c_wait_s(per_s, 0.05, workers).unwrap(), &format!("{workers} workers"));
    }
}

#[test]
fn any_service_time_waits_as_long_as_m_g_1_says() {
    for deviation in [0.0, 0.5] {
        let time = ServiceTime::new(0.05, deviation).unwrap();
        let exact = mg_1_wait_s(13.0, 0.05, time.mean_square()).unwrap();
        agree(simulated_wait_s(REQUESTS, 13.0, time, 1, 1), exact, &format!("deviation {deviation}"));
    }
}

#[test]
fn requests_spread_by_chance_make_each_replica_a_queue_of_its_own() {
    let simulated = simulated_wait_s(REQUESTS, 12.0, ServiceTime::new(0.05, 1.0).unwrap(), 1, 5);
    agree(simulated, mm_c_wait_s(12.0, 0.05, 1).unwrap(), "five replicas");
}
