//! What the engine itself costs and how exactly it starts: no network, no script.
//!
//! `cargo bench -p loadline-load --bench engine` prints one line per question. Lags and shares depend on what else the
//! machine does.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::sync::Arc;
use std::time::Duration;

use loadline_load::{
    ConstantArrivalRate, ConstantVus, Control, Directive, Executor, Iteration, Observer, Outcome, Plan,
    Program, Scenario, Settings, closure, run,
};
use loadline_measure::{MetricId, ScenarioProgress, Schema, Sink, Window};

#[derive(Default)]
struct Total(Window);

impl Observer for Total {
    fn second(&mut self, _: u64, window: Window, _: &[ScenarioProgress]) -> Directive {
        self.0.merge(window);
        Directive::Continue
    }
}

async fn measure<P: Program>(
    executor: Executor,
    workers: usize,
    program: Arc<P>,
) -> (Outcome, Window, Arc<Schema>) {
    let mut settings = Settings::new(Schema::new());
    settings.workers = workers;
    let schema = Arc::clone(&settings.schema);
    let mut total = Total::default();
    let plan = Plan::of(Scenario { graceful_stop: Duration::ZERO, ..Scenario::new("bench", executor) });
    let outcome = run(plan, program, settings, Control::new(), &mut total).await.expect("the plan runs");
    (outcome, total.0, schema)
}

fn find(window: &Window, metric: MetricId) -> Option<Sink> {
    window.iter().find(|(series, _)| series.metric == metric).map(|(_, sink)| sink.clone())
}

async fn closed_loop(workers: usize) {
    let executor = ConstantVus { vus: 50, duration: Duration::from_secs(3) };
    let (outcome, ..) = measure(Executor::ConstantVus(executor), workers, closure(|_| async {})).await;
    let (iterations, cpu) = (outcome.scenarios[0].completed as f64, outcome.generator.cpu.as_secs_f64());
    println!(
        "closed loop, 50 VUs, {workers} worker(s): {:.2} M empty iterations per CPU-second ({:.2} M/s)",
        iterations / cpu / 1e6,
        iterations / outcome.duration.as_secs_f64() / 1e6
    );
}

async fn arrivals(rate: u64, iteration: Duration) {
    let executor = ConstantArrivalRate {
        rate,
        time_unit: Duration::from_secs(1),
        duration: Duration::from_secs(5),
        pre_allocated_vus: 500,
        max_vus: 500,
    };
    let program = closure(move |_: Iteration| async move {
        if !iteration.is_zero() {
            tokio::time::sleep(iteration).await;
        }
    });
    let (outcome, window, schema) = measure(Executor::ConstantArrivalRate(executor), 2, program).await;
    let metric = schema.find("iteration_lag").expect("built in");
    let lag = find(&window, metric).expect("arrivals were started");
    let lag = lag.as_trend().expect("a trend");
    let at = |q| lag.quantile(q).unwrap_or(f64::NAN);
    println!(
        "{rate} arrivals/s of {} ms, 2 workers: start lag p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms, max {:.3} ms; {} started, {} dropped, {:.0} % of a core",
        iteration.as_millis(),
        at(0.5),
        at(0.99),
        at(0.999),
        lag.max().unwrap_or(f64::NAN),
        outcome.scenarios[0].started,
        outcome.scenarios[0].dropped,
        100.0 * outcome.generator.cores()
    );
}

async fn thinkers() {
    let executor = ConstantVus { vus: 5_000, duration: Duration::from_secs(8) };
    let program = closure(|it: Iteration| async move {
        // 2 to 5 s, spread without a generator of random numbers.
        let spread = (it.vu.in_instance * 7_919 + it.in_vu * 104_729) % 3_000;
        tokio::time::sleep(Duration::from_millis(2_000 + spread)).await;
    });
    let (outcome, ..) = measure(Executor::ConstantVus(executor), 2, program).await;
    println!(
        "5,000 VUs that think for 2–5 s, 2 workers: {:.1} % of a core, {} iterations, loop lag mean {:?} max {:?}",
        100.0 * outcome.generator.cores(),
        outcome.scenarios[0].completed,
        outcome.generator.loop_lag_mean,
        outcome.generator.loop_lag_max
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // `cargo bench -p loadline-load --bench engine -- arrivals` asks one kind of question only.
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let asks = |question: &str| asked.as_deref().is_none_or(|asked| asked == question);
    if asks("closed") {
        closed_loop(1).await;
        closed_loop(2).await;
    }
    if asks("arrivals") {
        for iteration in [Duration::ZERO, Duration::from_millis(10)] {
            arrivals(5_000, iteration).await;
            arrivals(20_000, iteration).await;
        }
    }
    if asks("thinkers") {
        thinkers().await;
    }
}
