//! A simulated day, for `bench/scale`: school holidays with so many requests per second at the ordinary peak.
//!
//! `day RATE events` only simulates, `day RATE run` makes a Run of it as well, `day RATE minutes` makes one by the
//! minute, as a sweep does, `day RATE nothing` makes the traffic alone. With `flat` as a third word the rate is the
//! same all day; a fourth says how many requests a second are followed one by one, in place of all of them.

use loadline_scale::autoscaler::Hpa;
use loadline_scale::hpa::{DEFAULT_VERSION, Flags, Metric, Policy, Rules, Source, Target};
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::{
    About, FOLLOWED_REPLICAS, Ledger, Lost, Observer, Recorded, Scenario, State, simulate,
};
use loadline_scale::traffic::{Day, Profile};

/// Wants to know nothing.
struct Nobody;

impl Observer for Nobody {
    fn answered(&mut self, _: f64, _: u64) {}
    fn lost(&mut self, _: Lost, _: u64) {}
    fn second(&mut self, _: u64, _: &State) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let rate: f64 = arguments.get(1).map_or(Ok(1000.0), |text| text.parse())?;
    let traffic = match arguments.get(3).map(String::as_str) {
        Some("flat") => Profile::constant(rate, 86_400)?,
        _ => Day::school_holidays(rate).profile()?,
    };
    let scenario = Scenario::new(traffic, Service::new(ServiceTime::new(0.04, 1.3)?, 4)?, 2000, 20);
    let followed_per_s = arguments.get(4).map_or(Ok(f64::INFINITY), |text| text.parse())?;
    let scenario = Scenario { followed_per_s, ..scenario };
    let metric = Metric {
        name: "cpu".to_owned(),
        source: Source::Resource { name: "cpu".to_owned(), container: None },
        target: Some(Target::Utilization(100)),
    };
    let policy = Policy { min: 4, max: 100, metrics: vec![metric], behavior: None };
    let mut hpa = Hpa::new(policy, Flags::default(), Rules::of(DEFAULT_VERSION), |_| None)?;
    let ledger = match arguments.get(2).map(String::as_str) {
        Some("nothing") => Ledger { requests: scenario.traffic.requests() as u64, ..Ledger::default() },
        Some(what @ ("run" | "minutes")) => {
            let (step_s, followed_replicas) = if what == "run" { (1, FOLLOWED_REPLICAS) } else { (60, 1) };
            let scenario = Scenario { followed_replicas, ..scenario };
            let mut recorded = Recorded::new(&About::default())?.in_steps_of(step_s);
            let ledger = simulate(&scenario, &mut hpa, &mut recorded)?;
            assert!(recorded.into_run().duration.as_secs() >= 86_400);
            ledger
        }
        _ => simulate(&scenario, &mut hpa, &mut Nobody)?,
    };
    #[expect(clippy::print_stdout, reason = "it is a program")]
    {
        println!(
            "{} requests, {} of them followed, {} lost, {} changes, {:.1} replica-hours",
            ledger.requests,
            ledger.followed,
            ledger.all_lost(),
            ledger.changes.len(),
            ledger.replica_hours()
        );
    }
    Ok(())
}
