//! `loadline watch`: stays, looks every step, and tells whoever must know.
//!
//! What is found out and what has to be told of it are kept together before anybody is told. A Prometheus that does not
//! answer, or a state that cannot be written, is said once, and again when it is over; the watch goes on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use loadline_history::Location;
use loadline_report::wrap;
use loadline_runner::{Ending, Ends, Failure};
use loadline_serve::{Stop, stop_requested};
use loadline_units::{count, duration_text};
use loadline_verdict::escape;
use loadline_watch::alert::{Alerts, Change, Event};
use loadline_watch::notify::Notice;
use loadline_watch::store::Store;
use loadline_watch::{Objective, Tally};

use super::explained::{Explains, patience};
use super::heartbeat::Heartbeat;
use super::listening::bound;
use super::looked::{looked, notice};
use super::own_metrics::{Counted, serving};
use super::receivers::Ready;
use super::source::Source;
use super::telling::{Telling, telling};
use super::trouble::Trouble;
use crate::common::{print, screen};

/// What a watch works with.
pub(super) struct Watching {
    pub(super) source: Source,
    pub(super) tally: Tally,
    pub(super) receivers: Vec<Ready>,
    pub(super) heartbeat: Option<Heartbeat>,
    pub(super) store: Store,
    /// Where its own metrics are served.
    pub(super) metrics: Option<SocketAddr>,
    /// Where load tests are kept.
    pub(super) history: Location,
}

/// Watches until a signal asks for the end.
pub(super) fn go_on(watching: Watching) -> Result<Ending, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let within = runtime.enter();
    let stop = stop_requested(Stop::Signal).ends(Ending::CouldNotRun)?;
    drop(within);
    let metrics = watching.metrics.map(|address| runtime.block_on(bound(address, "--metrics")));
    let metrics = metrics.transpose().ends(Ending::CouldNotRun)?;
    let kept = watching.store.kept().ends(Ending::CouldNotRun)?;
    let firing = Alerts::of(kept.alerts.iter().cloned()).firing().count();
    let step = Duration::from_secs(watching.tally.settings().step_s);
    let said = format!(
        "watching {} by {} every {}, {} told; {} on\n{}end it with Ctrl-C\n",
        some(watching.tally.objectives().len(), "budget", "budgets"),
        watching.source.shown(),
        duration_text(step),
        who(&watching.receivers),
        some(firing, "alert is", "alerts are"),
        metrics.as_ref().map(|bound| format!("its own metrics on {bound:?}/metrics\n")).unwrap_or_default(),
    );
    print(said.as_bytes()).ends(Ending::OutputNotWritten)?;
    let store = RefCell::new(watching.store);
    let counted = Counted::default();
    counted.note(|account| account.budgets = watching.tally.objectives().len() as u64);
    let told = Telling::new(&watching.receivers, kept.untold, step.as_secs(), counted.clone());
    let alerts = Alerts::of(kept.alerts);
    let ended = runtime.block_on(async {
        let telling = telling(&watching.receivers, &told, &store);
        let heartbeat = watching.heartbeat.as_ref();
        let beating = async {
            match heartbeat {
                Some(heartbeat) => heartbeat.beating().await,
                None => std::future::pending().await,
            }
        };
        let looking = looking(
            (watching.source, watching.tally, alerts),
            &watching.receivers,
            heartbeat,
            (&told, &counted),
            &store,
            &watching.history,
        );
        tokio::select! {
            () = stop => Ok(()),
            failure = looking => Err(failure),
            () = telling => Ok(()),
            () = beating => Ok(()),
            () = serving(metrics, &counted) => Ok(()),
        }
    });
    // A history that hangs keeps nobody here.
    runtime.shutdown_background();
    ended?;
    let left = told.left();
    if left > 0 {
        screen::caution(&format!(
            "{} not told yet: the next watch tells {}",
            some(left, "notice is", "notices are"),
            if left == 1 { "it" } else { "them" }
        ));
    }
    print(b"ended\n").ends(Ending::OutputNotWritten)?;
    Ok(Ending::Passed)
}

/// `1 budget`, `3 budgets`.
fn some(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

fn who(receivers: &[Ready]) -> String {
    if receivers.is_empty() {
        return "nobody is".to_owned();
    }
    let names: Vec<String> = receivers.iter().map(|receiver| escape(&receiver.name).into_owned()).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// Looks at every step; ends only where nothing can be printed.
async fn looking(
    (mut source, mut tally, mut alerts): (Source, Tally, Alerts),
    receivers: &[Ready],
    heartbeat: Option<&Heartbeat>,
    (told, counted): (&Telling, &Counted),
    store: &RefCell<Store>,
    history: &Location,
) -> Failure {
    let step_s = tally.settings().step_s as i64;
    let (mut away, mut unwritten, mut unsaid) = (Trouble::default(), Trouble::default(), Trouble::default());
    let mut warned: Vec<String> = Vec::new();
    let mut written = alerts.clone();
    let mut has_looked = false;
    // What explains alerts that are on, by their key: an Alertmanager is told it again and again.
    let mut explained: BTreeMap<String, Vec<String>> = BTreeMap::new();
    loop {
        let begun_ms = Timestamp::now().as_millisecond();
        let now_s = begun_ms.div_euclid(1000);
        let now_s = now_s - now_s.rem_euclid(step_s);
        let known = match source.filled(&mut tally, now_s, counted).await {
            Ok(warnings) => {
                for warning in warnings.iter().filter(|warning| !warned.contains(warning)) {
                    screen::caution(&format!("Prometheus warns: {warning}"));
                }
                warned = warnings;
                away.is(None, &format!("{} answers again", source.shown()));
                true
            }
            Err(error) => {
                away.is(Some(&format!("{error:#}; alerts stay as they are until it answers")), "");
                false
            }
        };
        let mut notices = looked(&tally, &mut alerts, now_s, known);
        let mut lasting = still_on(&alerts, &tally, now_s);
        let (explains, until) = (Explains { server: source.server(), history }, patience());
        for notice in notices.iter_mut().chain(&mut lasting).filter(|notice| notice.is_on()) {
            if let Entry::Vacant(vacant) = explained.entry(notice.key.clone()) {
                let about = (notice.objective(), notice.severity);
                let words = explains.explained(&tally, (&about.0, about.1), now_s, until).await;
                vacant.insert(words);
            }
            notice.around = explained.get(&notice.key).cloned().unwrap_or_default();
        }
        explained.retain(|key, _| alerts.firing().any(|alert| alert.key == *key));
        // The first look at services is where counting begins.
        if known && (has_looked || source.knows_the_past()) {
            unsaid.is(missing(&tally, &source).as_deref(), "every budget has data again");
        }
        has_looked |= known;
        if let Err(error) = said(&notices) {
            return error;
        }
        let kept = told.add(receivers, notices, &lasting, now_s, |untold| {
            if untold.is_empty() && written == alerts {
                return Ok(());
            }
            store.borrow_mut().keep(alerts.iter(), untold)
        });
        if kept.is_ok() && written != alerts {
            written = alerts.clone();
        }
        let wrong = kept.err().map(|error| {
            format!("the state of the watch is not kept: {error}; it goes on, and tells what is new")
        });
        unwritten.is(wrong.as_deref(), "the state of the watch is kept again");
        counted.note(|account| {
            let now_ms = Timestamp::now().as_millisecond();
            if known {
                account.evaluations += 1;
                account.evaluated_ms = Some(now_ms);
                account.took_s = (now_ms - begun_ms).max(0) as f64 / 1000.0;
                account.without_data = without_data(&tally).count() as u64;
            } else {
                account.failures += 1;
            }
            account.set_alerts(&alerts);
            account.is_unkept = wrong.is_some();
        });
        if let Some(heartbeat) = heartbeat.filter(|_| known) {
            heartbeat.beat();
        }
        tally.tidy(now_s);
        source.until(now_s + step_s, step_s, counted).await;
    }
}

/// Budgets without any data, of a server that answers: said once, not alarmed for ever.
fn missing(tally: &Tally, source: &Source) -> Option<String> {
    let without: Vec<String> = without_data(tally).map(Objective::key).collect();
    let first = without.first()?;
    let more = match without.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let hint = if source.knows_the_past() { ": `loadline watch --once` says more" } else { "" };
    Some(format!("no requests are counted for `{first}`{more}{hint}"))
}

fn without_data(tally: &Tally) -> impl Iterator<Item = &Objective> {
    let all = tally.objectives().iter().zip(tally.ledgers());
    all.filter(|(objective, ledger)| !objective.allow_no_data && !ledger.knows_anything())
        .map(|(objective, _)| objective)
}

/// One line for each thing that is new.
fn said(notices: &[Notice]) -> Result<(), Failure> {
    let mut text = String::new();
    for notice in notices {
        let at = Timestamp::from_second(notice.at_s).map_or_else(|_| String::new(), |at| at.to_string());
        text += &format!("{at} {}\n", escape(&notice.title()));
        for fact in notice.facts.iter().chain(&notice.around) {
            // For whoever looks at it; a log has one line for each thing.
            let lines = if std::io::stdout().is_terminal() {
                wrap(&escape(fact), screen::result_width() - 4)
            } else {
                vec![escape(fact).into_owned()]
            };
            for line in lines {
                text += &format!("    {line}\n");
            }
        }
    }
    print(text.as_bytes()).ends(Ending::OutputNotWritten)
}

/// What an Alertmanager has to hear again, so that it goes on there.
fn still_on(alerts: &Alerts, tally: &Tally, now_s: i64) -> Vec<Notice> {
    alerts
        .firing()
        .filter(|alert| alert.told_s.is_some_and(|told_s| told_s < now_s))
        .map(|alert| {
            let event = Event { change: Change::Firing, alert: alert.clone() };
            notice(tally, &event, now_s)
        })
        .collect()
}
