//! What executions say of themselves: whose comments were heard, statement by statement.
//!
//! A look finds few statements at work, because most take less than a millisecond. But a session that is idle still
//! shows the statement that it ran last, so each look hears one execution of every session that ran something since
//! the look before, however short it was. An execution is known by its process and by when it started, and counts
//! once.
//!
//! Hearings are a sample: of a session that ran several statements between two looks only the last is heard. So they
//! say for certain who makes a statement, and only roughly how much of it each makes: an endpoint that goes on with
//! another statement at once is heard less. What was heard at once, while it ran or within a millisecond, is free of
//! that ([`super::heard`]).

use std::collections::BTreeMap;
use std::collections::HashMap;

use super::activity::Activity;
use super::comment::CommentTags;

/// Processes that are remembered; more come and go only where nobody pools connections.
const MOST_PROCESSES: usize = 10_000;
/// Sets of names that are told apart of a statement: paths with numbers in them are without end.
const MOST_NAMES: usize = 64;
/// What began no longer ago was heard at once, in milliseconds: few programs go on with another statement by then.
const AT_ONCE_MS: f64 = 1.0;

/// Executions that were heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Hearings {
    /// When the newest execution of each process started.
    newest: HashMap<i32, i64>,
    by_statement: BTreeMap<i64, Voices>,
    /// What the text that the statistics keep of a statement calls its endpoint: one execution, whenever it was.
    kept: BTreeMap<i64, Vec<String>>,
    /// Executions whose text was cut before a comment named an endpoint.
    pub(super) cut: u64,
}

/// Executions of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
struct Voices {
    /// All whose comments could be read, if there were any.
    readable: u64,
    /// Those that named an endpoint, by what they call it, the best name first. Without a name those that are too many.
    named: BTreeMap<Vec<String>, Times>,
}

/// How often something was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) all: f64,
    /// Those that were heard at once.
    pub(super) at_once: f64,
}

/// Who was heard to make a statement, and how often.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// Executions by endpoint.
    pub(super) by_endpoint: BTreeMap<String, Times>,
    /// Executions of others: a job, another service, an endpoint that got no requests here.
    pub(super) others: Times,
}

impl Hearings {
    /// Takes in a look. `endpoint` knows endpoints by what comments call them.
    pub(super) fn hear(&mut self, look: &Activity, endpoint: &dyn Fn(&str) -> Option<String>) {
        for session in &look.sessions {
            let Some(query) = session.query else { continue };
            if let Some(started) = session.started_us
                && self.newest.insert(session.process, started) == Some(started)
            {
                continue;
            }
            let names = names_in(&session.text, endpoint);
            if names.is_empty() && session.is_cut {
                self.cut += 1;
                continue;
            }
            let voices = self.by_statement.entry(query).or_default();
            voices.readable += 1;
            if !names.is_empty() {
                let is_one_more = voices.named.len() < MOST_NAMES || voices.named.contains_key(&names);
                let is_at_once = session.active || session.age_ms.is_some_and(|age| age <= AT_ONCE_MS);
                let times = voices.named.entry(if is_one_more { names } else { Vec::new() }).or_default();
                times.add(Times { all: 1.0, at_once: f64::from(u8::from(is_at_once)) });
            }
        }
        if self.newest.len() > MOST_PROCESSES {
            self.newest.clear();
        }
    }

    /// Takes in the text that the statistics keep of a statement.
    pub(super) fn keep(&mut self, query: i64, text: &str, endpoint: &dyn Fn(&str) -> Option<String>) {
        let names = names_in(text, endpoint);
        if !names.is_empty() {
            self.kept.insert(query, names);
        }
    }

    /// Begins anew: what was heard until now is not of the load.
    pub(super) fn begin(&mut self) {
        self.by_statement.clear();
        self.cut = 0;
    }

    /// All executions that named an endpoint.
    pub(super) fn all(&self) -> u64 {
        let all = self.by_statement.values().flat_map(|voices| voices.named.values());
        all.map(|times| times.all as u64).sum()
    }

    /// Who makes a statement, where nearly all of its executions say so. Where none was heard, the one whose text the
    /// statistics keep is. `known` knows endpoints that got requests.
    pub(super) fn of(&self, query: i64, known: &dyn Fn(&str) -> bool) -> Option<Heard> {
        let of_text = |names: &Vec<String>| Voices {
            readable: 1,
            named: [(names.clone(), Times { all: 1.0, at_once: 0.0 })].into(),
        };
        let voices = self.by_statement.get(&query).cloned();
        let voices = voices.or_else(|| self.kept.get(&query).map(of_text))?;
        let those_with_names = voices.named.iter().filter(|(names, _)| !names.is_empty());
        let named: f64 = those_with_names.map(|(_, times)| times.all).sum();
        if named == 0.0 || named < 0.9 * voices.readable as f64 {
            return None;
        }
        let mut heard = Heard::default();
        for (names, times) in voices.named {
            match names.into_iter().find(|name| known(name)) {
                Some(name) => heard.by_endpoint.entry(name).or_default().add(times),
                None => heard.others.add(times),
            }
        }
        Some(heard)
    }
}

impl Heard {
    /// All executions that were heard.
    pub(super) fn all(&self) -> Times {
        let mut all = self.others;
        self.by_endpoint.values().for_each(|times| all.add(*times));
        all
    }
}

impl Times {
    fn add(&mut self, more: Self) {
        self.all += more.all;
        self.at_once += more.at_once;
    }
}

/// What a text's comments call its endpoint, as it is called here, the best name first.
fn names_in(text: &str, endpoint: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    if !text.contains("/*") {
        return Vec::new();
    }
    CommentTags::of(text).names().filter_map(endpoint).collect()
}

#[cfg(test)]
mod tests {
    use super::super::activity::ActivitySample;
    use super::super::activity::Wait;
    use super::*;

    fn session(process: i32, started_us: i64, text: &str) -> ActivitySample {
        ActivitySample {
            process,
            query: Some(7),
            active: false,
            idle_in_transaction: false,
            wait: Wait::Cpu,
            transaction_ms: None,
            text: text.to_owned(),
            is_cut: false,
            started_us: Some(started_us),
            age_ms: Some(started_us as f64 / 10.0),
        }
    }

    fn heard(looks: &[Vec<ActivitySample>]) -> (Hearings, Option<Heard>) {
        let mut hearings = Hearings::default();
        let same = |name: &str| Some(name.to_owned());
        hearings.keep(7, "SELECT 1 /*route='text'*/", &same);
        for sessions in looks {
            hearings.hear(&Activity { sessions: sessions.clone(), ..Activity::default() }, &same);
        }
        let heard = hearings.of(7, &|name| name != "/elsewhere");
        (hearings, heard)
    }

    #[test]
    fn an_execution_is_heard_once_however_often_it_is_seen() {
        let (a, b) = ("SELECT 1 /*route='a'*/", "SELECT 1 /*route='b'*/");
        let looks = [
            vec![session(1, 10, a), session(2, 11, b)],
            vec![session(1, 10, a), session(2, 12, b)],
            vec![session(3, 12, "SELECT 1 /*route='%2Felsewhere'*/")],
        ];
        let heard = heard(&looks).1.unwrap();
        let times = |all: f64, at_once: f64| Times { all, at_once };
        let of = |name: &str| heard.by_endpoint[name];
        // The first was heard after a millisecond, the others later.
        assert_eq!((of("a"), of("b")), (times(1.0, 1.0), times(2.0, 0.0)));
        assert_eq!((heard.others, heard.all()), (times(1.0, 0.0), times(4.0, 1.0)));
    }

    #[test]
    fn the_first_name_that_got_requests_counts() {
        let text = "SELECT 1 /*controller='programs',action='index',route='%2Felsewhere'*/";
        let heard = heard(&[vec![session(1, 10, text)]]).1.unwrap();
        assert_eq!(heard.by_endpoint.into_keys().collect::<Vec<_>>(), ["programs#index"]);
    }

    #[test]
    fn comments_are_believed_where_nearly_all_have_one() {
        let plain = |number: i64| session(1, number, "SELECT 1");
        let (hearings, none) = heard(&[vec![session(1, 1, "SELECT 1 /*route='a'*/")], vec![plain(2)]]);
        assert_eq!((none, hearings.cut), (None, 0));
        // Nobody was heard: what the statistics keep is one of them.
        assert_eq!(heard(&[]).1.unwrap().by_endpoint["text"].all, 1.0);
    }

    #[test]
    fn a_text_that_was_cut_says_what_stands_at_its_front_and_nothing_of_its_end() {
        let cut = |number: i64, text: &str| ActivitySample { is_cut: true, ..session(1, number, text) };
        let (hearings, heard) =
            heard(&[vec![cut(1, "/*route='a'*/ SELECT …")], vec![cut(2, "SELECT … /*route='b")]]);
        assert_eq!(hearings.cut, 1);
        assert_eq!(heard.unwrap().by_endpoint["a"].all, 1.0);
    }
}
