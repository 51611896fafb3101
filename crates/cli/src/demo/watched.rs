//! `loadline demo --watch`: a slow release of the reference system, the alert of it at a webhook, and its end.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_demo::watched::{ENDPOINT, Notices, WatchedSystem, receive};
use loadline_report::wrap;
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;
use loadline_verdict::escape;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::arguments::DemoArguments;
use crate::common::interruptible::until_interrupted;
use crate::common::{Screen, json_text, print, screen, told};

/// The version that keeps its budget, and how long it takes for a request.
const GOOD: (&str, Duration) = ("1.3.9", Duration::from_millis(10));
/// The one that does not.
const SLOW: (&str, Duration) = ("1.4.0", Duration::from_millis(900));
/// How long a notice may take, which takes some seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// What came, and how long it took.
struct Heard {
    alert: Value,
    after: Duration,
}

/// Breaks the reference system, and tells who heard of it.
pub(super) fn watched(arguments: &DemoArguments, screen: &Screen) -> Result<Ending, Failure> {
    let lived = async { lived(arguments, screen).await.ends(Ending::CouldNotRun) };
    let heard = until_interrupted(lived, "stopped by a signal: all that was started has ended")?;
    let (words, ending) = match &heard {
        (Some(on), Some(over)) => (
            format!(
                "the webhook heard of it {} after the slow version answered, and {} after it was taken back that it is over",
                seconds(on.after),
                seconds(over.after)
            ),
            Ending::Passed,
        ),
        (None, _) => (format!("the webhook heard nothing in {}", units::time_of(PATIENCE)), Ending::Failed),
        (_, None) => (
            format!("the webhook did not hear in {} that it is over", units::time_of(PATIENCE)),
            Ending::Failed,
        ),
    };
    let text = if arguments.json {
        let part = |heard: &Option<Heard>| {
            heard.as_ref().map(|heard| json!({ "after_s": heard.after.as_secs_f64(), "alert": heard.alert }))
        };
        let document = json!({
            "version": 1,
            "endpoint": ENDPOINT,
            "firing": part(&heard.0),
            "resolved": part(&heard.1),
            "answer": words,
        });
        json_text(&document).ends(Ending::CouldNotRun)?
    } else if std::io::stdout().is_terminal() {
        wrap(&words, screen::result_width()).join("\n") + "\n"
    } else {
        format!("{words}\n")
    };
    Ok(told(print(text.as_bytes()), ending))
}

fn seconds(duration: Duration) -> String {
    format!("{} s", units::decimals(duration.as_secs_f64(), 1))
}

async fn lived(arguments: &DemoArguments, screen: &Screen) -> Result<(Option<Heard>, Option<Heard>)> {
    let (hook, mut notices, serving) = receive().await.context("there is no webhook")?;
    let story = async {
        let mut system = WatchedSystem::start(GOOD.0, GOOD.1, &hook).await?;
        screen.note(&format!(
            "the reference system at http://{} has 20 visitors a second; a Prometheus at {} scrapes it, and `loadline watch` watches over it",
            system.address(),
            system.prometheus()
        ));
        screen.note(&format!(
            "version {} is released, which takes {} for each request; {ENDPOINT} has a budget of p95 = 500ms",
            SLOW.0,
            units::time_of(SLOW.1)
        ));
        let on = heard(&mut system, SLOW, "firing", &mut notices, arguments, screen).await?;
        if on.is_none() {
            return Ok((None, None));
        }
        screen.note(&format!("version {} is put back", GOOD.0));
        let over = heard(&mut system, GOOD, "resolved", &mut notices, arguments, screen).await?;
        anyhow::Ok((on, over))
    };
    tokio::select! {
        lived = story => lived,
        () = serving => anyhow::bail!("the webhook ended"),
    }
}

/// Releases a version, and waits for what is told of it.
async fn heard(
    system: &mut WatchedSystem,
    (version, work): (&str, Duration),
    wanted: &str,
    notices: &mut Notices,
    arguments: &DemoArguments,
    screen: &Screen,
) -> Result<Option<Heard>> {
    system.release(version, work).await?;
    let released = Instant::now();
    loop {
        let left = PATIENCE.saturating_sub(released.elapsed());
        let Ok(Some(notice)) = timeout(left, notices.recv()).await else {
            screen.note(&format!("what the watch said:\n{}", escape(&system.watch_said())));
            return Ok(None);
        };
        let after = released.elapsed();
        for alert in notice["alerts"].as_array().into_iter().flatten() {
            if !arguments.quiet {
                say(alert, after, screen);
            }
            if alert["change"] == wanted {
                return Ok(Some(Heard { alert: alert.clone(), after }));
            }
        }
    }
}

/// Says a notice as people read it.
fn say(alert: &Value, after: Duration, screen: &Screen) {
    let title = alert["title"].as_str().unwrap_or_default();
    screen.note(&format!("{} later at the webhook: {}", seconds(after), escape(title)));
    let texts = |key: &str| alert[key].as_array().cloned().unwrap_or_default();
    let below = [texts("facts"), texts("around"), vec![alert["more"].clone()]].concat();
    for line in below.iter().filter_map(Value::as_str) {
        screen.below(&escape(line));
    }
}
