//! The live view where there is no terminal: a line every few seconds, for logs.

use std::time::Duration;

use loadline_measure::{ScenarioProgress, ScenarioState, Schema, Window};
use loadline_units as units;

use super::rates::RecentSeconds;
use super::view::{Moment, Phase, Users, figures, phase_words, share_done};
use crate::text::{Line, Role, Theme};

/// How often a line is written unless told otherwise.
const EVERY: Duration = Duration::from_secs(5);

/// Decides when a plain line is due.
#[derive(Debug)]
pub struct PlainView {
    every: Duration,
    next: Duration,
    phase: Phase,
    recent: RecentSeconds,
    users: Users,
}

impl Default for PlainView {
    fn default() -> Self {
        PlainView::new(EVERY)
    }
}

impl PlainView {
    /// A view that writes a line each time this much of the run has passed.
    pub fn new(every: Duration) -> PlainView {
        let (phase, recent) = (Phase::Running, RecentSeconds::default());
        PlainView { every, next: Duration::ZERO, phase, recent, users: Users::default() }
    }

    /// Calls the users by another name.
    #[must_use]
    pub fn of(self, users: Users) -> PlainView {
        PlainView { users, ..self }
    }

    /// The run changed its phase: that is worth a line at once. Returns it with its line break.
    ///
    /// While virtual users initialise this is called often and answers only at the beginning and the end.
    pub fn phase(&mut self, phase: Phase) -> Option<String> {
        let again = std::mem::discriminant(&self.phase) == std::mem::discriminant(&phase);
        self.phase = phase;
        let quiet = match phase {
            Phase::Initialising { done, total } => again && done < total,
            Phase::Running => true,
            Phase::Setup | Phase::Stopping { .. } | Phase::Teardown => again,
        };
        (!quiet).then(|| crate::text::render(&[phase_words(phase, self.users)], &Theme::plain()))
    }

    /// A second of the run is over. Returns a line with its line break when one is due.
    pub fn second(
        &mut self,
        elapsed: Duration,
        schema: &Schema,
        window: &Window,
        progress: &[ScenarioProgress],
    ) -> Option<String> {
        let rates = self.recent.push(schema, window, progress);
        if elapsed < self.next {
            return None;
        }
        while self.next <= elapsed {
            self.next += self.every;
        }
        let (phase, users) = (self.phase, self.users);
        Some(plain_line(&Moment { phase, elapsed, scenarios: progress, rates: &rates, users }) + "\n")
    }
}

/// One line on the whole run: `0m25s running  350 VUs  1234 requests/s  0.12% failed  p(95) 212ms  search 42%`.
pub fn plain_line(moment: &Moment<'_>) -> String {
    let mut line = Line::new().with(Role::Text, &format!("{:>6} ", units::clock(moment.elapsed)));
    line.append(&phase_words(moment.phase, moment.users));
    for (figure, role) in figures(moment) {
        line.push(Role::Text, "  ");
        line.push(role, &figure);
    }
    for scenario in moment.scenarios {
        let state = match scenario.state {
            ScenarioState::Waiting => "waiting".to_owned(),
            ScenarioState::Running | ScenarioState::Stopping => units::whole_percent(share_done(scenario)),
            ScenarioState::Done => "done".to_owned(),
        };
        line.push(Role::Text, &format!("  {} {state}", scenario.name));
    }
    let mut text = String::new();
    line.write(&Theme::plain(), &mut text);
    text
}
