//! An alert explains itself: what changed around its beginning, and what load tests said of its endpoint.
//!
//! It is asked for when there is something to explain, for a few seconds at the most: an alert is told without its
//! explanation rather than late.

use std::time::Duration;

use anyhow::Result;
use loadline_history::Location;
use loadline_prometheus::Answer;
use loadline_watch::around::{AroundReads, Spell, around_queries, changes};
use loadline_watch::{BurnState, BurnWindow, Severity, Tally, burns};
use tokio::time::{Instant, timeout_at};

use super::tested::tested;
use crate::common::Prometheus;

/// As long as alerts of one look wait for their explanation.
const PATIENCE: Duration = Duration::from_secs(5);

/// What explains alerts.
pub(super) struct Explains<'e> {
    /// None: only services are asked, which know no past.
    pub(super) server: Option<&'e Prometheus>,
    /// Where load tests are kept.
    pub(super) history: &'e Location,
}

/// Until when the alerts of one look wait.
pub(super) fn patience() -> Instant {
    Instant::now() + PATIENCE
}

impl Explains<'_> {
    /// Sentences about an objective that burns at a time; none where it is not watched any more.
    pub(super) async fn explained(
        &self,
        tally: &Tally,
        (key, severity): (&str, Severity),
        now_s: i64,
        until: Instant,
    ) -> Vec<String> {
        let found = tally.objectives().iter().zip(tally.ledgers()).find(|(known, _)| known.key() == key);
        let Some((objective, ledger)) = found else { return Vec::new() };
        if Instant::now() >= until {
            return vec![
                "what changed is not looked up: too many alerts at once, or Prometheus is slow".to_owned(),
            ];
        }
        let settings = tally.settings();
        let windows = burns(objective, ledger, settings, now_s).into_iter();
        let burning: Option<BurnWindow> = windows
            .filter(|burn| burn.window.severity == severity && burn.state == BurnState::Burning)
            .map(|burn| burn.window)
            .next();
        let window = burning.or_else(|| settings.windows.first().copied());
        let Some(window) = window else { return Vec::new() };
        let spell = Spell::of(&window, now_s);
        let mut answers = Vec::new();
        let asked = self.asked(tally, &objective.endpoint, &spell, &mut answers);
        let why = match timeout_at(until, asked).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("what changed is not all known: {error:#}")),
            Err(_) => Some("what changed is not all known: Prometheus took too long".to_owned()),
        };
        let changes = changes(&answers, ledger, &spell, settings.version.as_deref());
        let mut words = changes.words;
        words.extend(why);
        let (history, endpoint) = (self.history.clone(), objective.endpoint.clone());
        let tests = tokio::task::spawn_blocking(move || tested(&history, &endpoint, changes.per_s));
        if let Ok(Ok(tests)) = timeout_at(until, tests).await {
            words.push(tests);
        }
        words
    }

    async fn asked(
        &self,
        tally: &Tally,
        endpoint: &str,
        spell: &Spell,
        answers: &mut Vec<(AroundReads, Answer)>,
    ) -> Result<()> {
        let Some(server) = self.server else { return Ok(()) };
        let now = spell.now_s.to_string();
        for query in around_queries(tally.settings(), endpoint, spell) {
            let body = match query.range_s {
                Some((first_s, last_s, step_s)) => {
                    let (start, end, step) = (first_s.to_string(), last_s.to_string(), step_s.to_string());
                    let all =
                        [("query", query.text.as_str()), ("start", &start), ("end", &end), ("step", &step)];
                    server.ask("query_range", &all).await?
                }
                None => server.ask("query", &[("query", query.text.as_str()), ("time", &now)]).await?,
            };
            answers.push((query.reads, server.read(&body)?));
        }
        Ok(())
    }
}
