//! The simulation itself, second by second, request by request.
//!
//! Within a second arrivals are a Poisson process of that second's rate, each request goes to one replica and is
//! served in the order they came, so its end is known when it comes (`service/workers.rs`). It counts in the second in
//! which it ends, as a measured one does. Replicas come and go, metrics are read and decisions fall between seconds.
//!
//! Where more requests come than are to be followed, some replicas stand for others that are alike
//! (`cluster/alike.rs`); a request of theirs then counts as many times.

use std::collections::VecDeque;

use super::ledger::{Change, LOST, Ledger, Lost};
use super::observer::{Observer, State};
use super::scenario::{Scenario, ScenarioError};
use crate::autoscaler::Autoscaler;
use crate::cluster::{Balance, Deployment, Nodes, Scraped, Seen, Stage, Stretch, alike, pods};
use crate::draws::Draws;

/// For how long after the last request answers are waited for, in seconds.
const LONGEST_TAIL_S: u64 = 3600;
/// How many readings of the whole service are kept.
const TOTALS: usize = 64;
/// After so many seconds, and so many service times, how a replica began does not matter any more: a queue in which
/// nobody waits forgets within a few service times.
const SETTLES_S: u64 = 10;
const SETTLES_TIMES: f64 = 30.0;
/// From so many percent on of workers that are busy, so many times the requests are followed: queues are long and
/// remember, so that there is more of chance in each of them.
const HOT_PERCENT: f64 = 75.0;
const HOT_TIMES: f64 = 3.0;

/// Lets an autoscaler have its way in a scenario, and tells somebody what happens.
///
/// # Errors
/// Where the scenario contradicts itself.
pub fn simulate(
    scenario: &Scenario,
    autoscaler: &mut dyn Autoscaler,
    observer: &mut impl Observer,
) -> Result<Ledger, ScenarioError> {
    scenario.check()?;
    let mut engine = Engine::new(scenario);
    let length = scenario.traffic.seconds() as u64;
    let mut second = 0;
    while second < length || (engine.is_busy() && second < length + LONGEST_TAIL_S) {
        engine.begin_second(second);
        if second < length && second.is_multiple_of(autoscaler.period_s().max(1)) {
            engine.decide(autoscaler, second);
        }
        engine.requests(second, observer);
        engine.end_second(second, observer);
        second += 1;
    }
    engine.ledger.seconds = second;
    Ok(engine.ledger)
}

struct Engine<'a> {
    scenario: &'a Scenario,
    deployment: Deployment,
    draws: Draws,
    /// When the next request comes, in means of the time between two.
    next: f64,
    /// Followed replicas that requests are sent to in this second, and how many of all replicas that is.
    receivers: Vec<usize>,
    all_receivers: usize,
    /// What came to be read of each replica that is followed, by its number.
    stretches: Vec<(u64, Scraped, Stretch)>,
    /// The mean of the squares of service times, in seconds squared.
    mean_square: f64,
    /// For how long a replica remembers how it began, in seconds.
    settles_s: u64,
    /// Whether workers were so busy in the last second that more is to be followed.
    is_hot: bool,
    /// Requests that were to be expected since the last scrape.
    expected_came: f64,
    totals: VecDeque<Scraped>,
    came: u64,
    came_at_scrape: u64,
    ledger: Ledger,
    /// The change whose replicas are not all ready yet.
    unfinished: Option<usize>,
}

impl<'a> Engine<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let places = scenario.nodes.map_or(1, |nodes| nodes.pods_per_node);
        let nodes = Nodes::new(scenario.nodes, (scenario.initial.max(0) as usize).div_ceil(places));
        let mut draws = Draws::new(scenario.seed);
        let next = draws.exponential();
        let mut deployment = Deployment::new(scenario.initial, scenario.pods, nodes, &scenario.service);
        let total = before(scenario, &mut deployment);
        Self {
            scenario,
            deployment,
            draws,
            next,
            receivers: Vec::new(),
            all_receivers: 0,
            stretches: Vec::new(),
            mean_square: scenario.service.time.mean_square(),
            settles_s: SETTLES_S.max((SETTLES_TIMES * scenario.service.time.mean_s()).ceil() as u64),
            is_hot: false,
            expected_came: 0.0,
            totals: VecDeque::from([total]),
            came: 0,
            came_at_scrape: 0,
            ledger: Ledger { most: scenario.initial, ..Ledger::default() },
            unfinished: None,
        }
    }

    fn is_busy(&self) -> bool {
        self.deployment.replicas.iter().any(|replica| !replica.work.underway.is_empty())
    }

    fn begin_second(&mut self, now_s: u64) {
        self.deployment.step(now_s);
        let (ready, times) = (self.deployment.ready(), self.deployment.times);
        if let Some(change) = self.unfinished.and_then(|index| self.ledger.changes.get_mut(index))
            && ready >= change.to
        {
            change.ready_after_s = Some(now_s - change.at_s);
            self.unfinished = None;
        }
        if now_s > 0 && now_s.is_multiple_of(self.scenario.scrapes.every_s) {
            self.scrape(now_s);
        }
        self.arrange(now_s);
        self.receivers.clear();
        self.all_receivers = 0;
        for (index, replica) in self.deployment.replicas.iter().enumerate() {
            if replica.is_sent_to(&times, now_s) {
                self.all_receivers += 1;
                if replica.stands_for > 0 {
                    self.receivers.push(index);
                }
            }
        }
    }

    /// Lets as many replicas be followed as are to be.
    fn arrange(&mut self, now_s: u64) {
        let number = self.deployment.ready() as usize;
        if self.scenario.follows_all() || number == 0 {
            return;
        }
        let each = self.scenario.traffic.at(now_s as usize) / number as f64;
        let times = if self.is_hot { HOT_TIMES } else { 1.0 };
        let (per_s, fewest) = (self.scenario.followed_per_s * times, self.scenario.followed_replicas);
        let wanted = alike::followed(number, each, per_s, fewest);
        alike::arrange(&mut self.deployment.replicas, wanted, now_s, self.settles_s);
    }

    fn scrape(&mut self, now_s: u64) {
        let (every_s, service) = (self.scenario.scrapes.every_s, &self.scenario.service);
        let replicas = &mut self.deployment.replicas;
        self.stretches.clear();
        for replica in replicas.iter_mut().filter(|replica| replica.runs() && replica.stands_for > 0) {
            if let Some((reading, stretch)) = replica.work.read(service, now_s) {
                replica.keep(reading);
                self.stretches.push((replica.number, reading, stretch));
            }
        }
        let alike = self.stretches.len() < replicas.iter().filter(|replica| replica.runs()).count();
        if alike {
            self.scrape_alike();
        }
        let mut total = Scraped { at_s: now_s, cpu_milli: 0.0, per_s: 0.0, in_flight: 0.0, waiting: 0.0 };
        for replica in self.deployment.replicas.iter().filter(|replica| replica.runs()) {
            if let Some(last) = replica.readings.back() {
                total.cpu_milli += last.cpu_milli;
                total.in_flight += last.in_flight;
                total.waiting += last.waiting;
                if replica.stage == Stage::Ready {
                    self.ledger.highest_per_replica_s = self.ledger.highest_per_replica_s.max(last.per_s);
                }
            }
        }
        // What came is counted where it comes in, also when there is nobody to send it to.
        let came = if alike {
            (self.expected_came + self.expected_came.sqrt() * self.draws.normal()).round().max(0.0)
        } else {
            (self.came - self.came_at_scrape) as f64
        };
        total.per_s = came / every_s as f64;
        (self.came_at_scrape, self.expected_came) = (self.came, 0.0);
        if self.totals.len() == TOTALS {
            self.totals.pop_front();
        }
        self.totals.push_back(total);
    }

    /// What is read of replicas that another one stands for.
    fn scrape_alike(&mut self) {
        let replicas = &mut self.deployment.replicas;
        for index in 0..replicas.len() {
            let Some(leader) = alike::leader(replicas, &replicas[index]) else { continue };
            let number = replicas[leader].number;
            let Ok(at) = self.stretches.binary_search_by_key(&number, |(number, ..)| *number) else {
                continue;
            };
            let (_, reading, stretch) = &self.stretches[at];
            let here = replicas[leader].work.lately(index);
            let here = here.unwrap_or((reading.in_flight, reading.waiting));
            let reading = reading.alike(stretch, &self.scenario.service, &mut self.draws, here);
            replicas[index].keep(reading);
        }
    }

    fn decide(&mut self, autoscaler: &mut dyn Autoscaler, now_s: u64) {
        let pods = pods(&self.deployment.replicas, self.scenario.request_milli);
        let from = self.deployment.wanted;
        let decision = autoscaler.look(
            &Seen {
                spec_replicas: from,
                status_replicas: self.deployment.existing(),
                pods: &pods,
                replicas: &self.deployment.replicas,
                totals: &self.totals,
                times: self.scenario.scrapes,
                now_s,
                outage: self.scenario.outages.iter().any(|outage| outage.contains(&now_s)),
            },
            now_s,
        );
        self.ledger.blind_looks += u64::from(decision.blind);
        if decision.held_by == "maxReplicas" {
            self.ledger.at_most_s += autoscaler.period_s();
        }
        if decision.replicas == from {
            return;
        }
        self.deployment.scale(decision.replicas, &self.scenario.service, now_s);
        self.deployment.step(now_s);
        self.ledger.most = self.ledger.most.max(decision.replicas);
        self.unfinished = (decision.replicas > from).then_some(self.ledger.changes.len());
        self.ledger.changes.push(Change {
            at_s: now_s,
            from,
            to: decision.replicas,
            why: decision.why,
            held_by: decision.held_by,
            ready_after_s: None,
        });
    }

    fn requests(&mut self, second: u64, observer: &mut impl Observer) {
        let rate = self.scenario.traffic.at(second as usize);
        if rate <= 0.0 {
            return;
        }
        self.expected_came += rate;
        self.expect(rate, second);
        let (service, times) = (&self.scenario.service, self.deployment.times);
        // As many as come to those that are followed.
        let rate = match self.all_receivers {
            0 => rate,
            all => rate * self.receivers.len() as f64 / all as f64,
        };
        let start = second as f64;
        let mut at = self.next / rate;
        while at < 1.0 {
            let now = start + at;
            at += self.draws.exponential() / rate;
            self.ledger.followed += 1;
            let Some(index) = self.receiver() else {
                self.came += 1;
                self.lose(Lost::NoReplica, 1, observer);
                continue;
            };
            let replica = &mut self.deployment.replicas[index];
            let stands_for = replica.stands_for;
            self.came += u64::from(stands_for);
            if replica.stage != Stage::Ready && replica.refuses(&times, second) {
                self.lose(Lost::Refused, u64::from(stands_for), observer);
                continue;
            }
            let mut takes_s = service.time.draw(&mut self.draws);
            if replica.is_cold(second) {
                takes_s *= times.slower;
            }
            if !replica.work.take(now, takes_s, stands_for) {
                self.lose(Lost::TurnedAway, u64::from(stands_for), observer);
            }
        }
        // What is left of the wait goes on at the next second's rate: the process has no memory.
        self.next = (at - 1.0) * rate;
    }

    /// Tells those that stand for others what is to be expected in this second.
    fn expect(&mut self, rate: f64, second: u64) {
        if self.scenario.follows_all() {
            return;
        }
        let each = rate / self.all_receivers as f64;
        let (mean_s, slower) = (self.scenario.service.time.mean_s(), self.deployment.times.slower);
        for index in &self.receivers {
            let replica = &mut self.deployment.replicas[*index];
            let times = if replica.is_cold(second) { slower } else { 1.0 };
            replica.work.expect(each, mean_s * times, self.mean_square * times * times);
        }
    }

    /// The replica that a request is sent to.
    #[inline]
    fn receiver(&mut self) -> Option<usize> {
        let number = self.receivers.len();
        match (number, self.scenario.balance) {
            (0, _) => None,
            (1, _) => Some(self.receivers[0]),
            (_, Balance::Random) => Some(self.receivers[self.draws.below(number)]),
            (_, Balance::TwoChoices) => {
                let one = self.receivers[self.draws.below(number)];
                let other = self.receivers[self.draws.below(number)];
                let free = |index: usize| self.deployment.replicas[index].work.free_s();
                Some(if free(one) <= free(other) { one } else { other })
            }
        }
    }

    fn lose(&mut self, why: Lost, times: u64, observer: &mut impl Observer) {
        if times == 0 {
            return;
        }
        if let Some(index) = LOST.iter().position(|lost| *lost == why) {
            self.ledger.lost[index] += times;
        }
        observer.lost(why, times);
    }

    fn end_second(&mut self, second: u64, observer: &mut impl Observer) {
        let end = (second + 1) as f64;
        let patience =
            self.scenario.service.patience.map_or(f64::INFINITY, |patience| patience.as_secs_f64());
        let (mut busy, mut gave_up) = (0.0, 0);
        for replica in &mut self.deployment.replicas {
            if replica.stands_for > 0 {
                let worked = replica.work.end_second(second);
                if replica.stage == Stage::Ready {
                    busy += worked * f64::from(replica.stands_for);
                }
            }
            replica.work.underway.retain(|one| {
                if one.ends > end {
                    return true;
                }
                if one.ends - one.came > patience {
                    gave_up += u64::from(one.times);
                } else if one.times > 0 {
                    observer.answered(one.ends - one.came, u64::from(one.times));
                }
                false
            });
            if replica.stands_for > 1 {
                replica.work.remember(end);
            }
        }
        self.lose(Lost::GaveUp, gave_up, observer);
        let placed =
            self.deployment.replicas.iter().filter(|replica| replica.stage != Stage::Waiting).count();
        let nodes = self.deployment.nodes.number();
        self.ledger.replica_seconds += placed as f64;
        self.ledger.node_seconds += nodes as f64;
        let ready = self.deployment.ready();
        let cut_off = self.deployment.bury(second + 1);
        self.lose(Lost::CutOff, cut_off, observer);
        let workers = f64::from(ready) * self.scenario.service.concurrency as f64;
        let came = self.came - self.ledger.requests;
        self.ledger.requests = self.came;
        let busy_percent = if ready > 0 { 100.0 * busy / workers } else { 0.0 };
        self.is_hot = busy_percent >= HOT_PERCENT;
        let state = State { wanted: self.deployment.wanted, ready, nodes, busy_percent, came };
        observer.second(second, &state);
    }
}

/// What was read just before the beginning: the first second's traffic is taken to have come for a while, evenly, so
/// that nobody is blind at first.
fn before(scenario: &Scenario, deployment: &mut Deployment) -> Scraped {
    let (service, rate) = (&scenario.service, scenario.traffic.at(0));
    let each = rate / f64::from(deployment.ready().max(1));
    let busy = (each * service.time.mean_s()).min(service.concurrency as f64);
    let cpu_milli = service.idle_milli + 1000.0 * service.processor_share * busy;
    let reading = Scraped { at_s: 0, cpu_milli, per_s: each, in_flight: busy, waiting: 0.0 };
    let mut total = Scraped { cpu_milli: 0.0, per_s: rate, in_flight: 0.0, ..reading };
    for replica in deployment.replicas.iter_mut().filter(|replica| replica.stage == Stage::Ready) {
        replica.readings.push_back(reading);
        total.cpu_milli += reading.cpu_milli;
        total.in_flight += reading.in_flight;
    }
    total
}
