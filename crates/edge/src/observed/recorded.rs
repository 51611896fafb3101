//! Outcomes of a load test: what answers tell of caches, read and handed to `measure`, which says what is left of it.
//!
//! Most answers tell nothing, and then nothing happens but a look at the lengths of their fields' names, which whoever
//! has the answer does ([`FIELDS`]). What several fields contradict, or what only an `Age` tells, is not known: a hit
//! rate of such answers would be made up.

use http::{HeaderMap, HeaderName, HeaderValue};
use loadline_measure::{
    CACHE_REGION, CacheAnswer, CacheMetrics, CacheOutcome, Recorder, Schema, SchemaError, Tags,
};

use super::reading::{Evidence, Observed};
use super::region::{self, region};
use super::signal::{Outcome, Signal, Teller};
use super::vendors;
use crate::query::normal;
use crate::rules::Rules;

/// The fields that tell what caches did, and what their values have to contain to tell it.
pub const FIELDS: [(&str, &str); 9] = [
    ("cache-status", ""),
    ("cf-cache-status", ""),
    ("x-vercel-cache", ""),
    ("cdn-cache-status", ""),
    ("x-cache-status", ""),
    ("x-cache", ""),
    ("x-varnish", ""),
    // Many services send it of other things.
    ("server-timing", "cdn-cache"),
    ("age", ""),
];

/// Why nothing is known where several fields contradict each other.
const CONTRADICTING: &str = "contradicting";
/// … where only an age says something, which misses do not have.
const AGE_ALONE: &str = "age-alone";
/// … where there are words of which nobody knows what they mean.
const UNCLEAR: &str = "unclear";

/// Records what caches did with the requests of a run.
#[derive(Debug)]
pub struct Outcomes {
    metrics: CacheMetrics,
    rules: Rules,
    region: Option<HeaderName>,
}

impl Outcomes {
    /// Of a run with these cache rules and the header that says where a request was answered, if that is not one of a
    /// vendor's; its schema has all other metrics already, and gets those of caches, once.
    ///
    /// # Errors
    /// A script's metrics have all the names that ours could have.
    pub fn new(schema: &Schema, rules: Rules, region: Option<HeaderName>) -> Result<Self, SchemaError> {
        Ok(Self { metrics: CacheMetrics::define(schema)?, rules, region })
    }

    /// Records an answer with these fields to a request for this path, within the request's tags. Nothing is recorded
    /// of one that tells nothing of caches.
    pub fn record<'f>(
        &self,
        recorder: &mut Recorder,
        request: &Tags,
        path: &str,
        fields: impl Iterator<Item = (&'f str, &'f [u8])>,
        body_bytes: u64,
    ) {
        let headers = self.of_interest(fields);
        let observed = Observed::of(&headers);
        let Some(outcome) = outcome(&observed, &headers) else { return };
        let rule = self.rules.find(&normal(path)).map(|applied| applied.rule);
        // A region that the load test itself gives a request is where it came from, and says more.
        let is_given = || recorder.schema().tag_set(request.id()).get(CACHE_REGION).is_some();
        let said = || match &self.region {
            Some(name) => region(&headers, name),
            None => region::by_vendor(&headers),
        };
        let place = if is_given() { None } else { said() };
        let answer = CacheAnswer {
            outcome,
            rule: rule.as_ref().map(|rule| rule.name.as_str()),
            region: place.as_deref(),
            body_bytes,
        };
        answer.record(recorder, &self.metrics, request);
    }

    fn of_interest<'f>(&self, fields: impl Iterator<Item = (&'f str, &'f [u8])>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let is_known = FIELDS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            let is_region = || match &self.region {
                Some(own) => own.as_str().eq_ignore_ascii_case(name),
                None => region::VENDORS.iter().any(|vendor| vendor.eq_ignore_ascii_case(name)),
            };
            if (is_known || is_region())
                && let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value))
            {
                headers.append(name, value);
            }
        }
        headers
    }
}

/// What all of it comes to; none where nothing is said of caches.
fn outcome<'o>(observed: &'o Observed, headers: &HeaderMap) -> Option<CacheOutcome<'o>> {
    let tells = |(name, has): &(&str, &str)| {
        headers.get_all(*name).iter().any(|value| {
            let value = String::from_utf8_lossy(value.as_bytes());
            value.contains(has)
        })
    };
    let Some(outcome) = observed.outcome else {
        let why = match FIELDS.iter().find(|field| tells(field)) {
            None => return None,
            Some(("age", _)) => AGE_ALONE,
            Some(_) => UNCLEAR,
        };
        return Some(CacheOutcome::Unknown { why });
    };
    match observed.signals.as_slice() {
        [Signal { teller: Teller::Age, .. }] => return Some(CacheOutcome::Unknown { why: AGE_ALONE }),
        signals if observed.evidence == Evidence::Contradicting && !is_explained(outcome, signals) => {
            return Some(CacheOutcome::Unknown { why: CONTRADICTING });
        }
        _ => {}
    }
    Some(match outcome {
        Outcome::Hit => CacheOutcome::Hit,
        Outcome::Stale => CacheOutcome::Stale,
        Outcome::Revalidated => CacheOutcome::Revalidated,
        Outcome::Miss | Outcome::Bypass => CacheOutcome::Miss {
            why: match &observed.why {
                Some(why) => why.as_str(),
                None if outcome == Outcome::Bypass => "bypass",
                None if vendors::is_expired(headers) => "stale",
                None => "miss",
            },
            collapsed: observed.collapsed,
        },
    })
}

/// Whether what looks like a contradiction is none: an origin's own age comes through a cache that was bypassed or had
/// nothing, and an answer that is served out of a cache by the standard's word may have been stored with what another
/// cache said of it then.
fn is_explained(outcome: Outcome, signals: &[Signal]) -> bool {
    let is_standard = |signal: &Signal| signal.teller == Teller::CacheStatus;
    if outcome.is_hit() && signals.iter().any(is_standard) {
        return true;
    }
    let is_forwarded = |outcome| matches!(outcome, Outcome::Miss | Outcome::Bypass);
    signals.iter().filter(|signal| signal.teller != Teller::Age).all(|signal| {
        signal.outcome == outcome
            || (signal.outcome.is_hit() && outcome.is_hit())
            || (is_forwarded(signal.outcome) && is_forwarded(outcome))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{Run, RunMeta, Sink};

    use super::*;

    const RULES: &str = "[[rule]]\nname = 'static'\npath = '/static/**'\ncache = { max_age = '1d' }\n";

    fn run_of(path: &str, region: Option<&str>, given: &[(&str, &str)], answers: &[&str]) -> Run {
        let schema = Schema::new();
        let rules = Rules::parse("edge.toml", RULES).unwrap();
        let region = region.map(|name| name.parse().unwrap());
        let outcomes = Outcomes::new(&schema, rules, region).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let request = recorder.whole_tags(&Tags::default(), given);
        for lines in answers {
            let fields = lines.split(" | ").filter_map(|line| line.split_once(": "));
            let fields = fields.map(|(name, value)| (name, value.as_bytes()));
            outcomes.record(&mut recorder, &request, path, fields, 10);
        }
        let mut run = Run::new(RunMeta::default(), schema);
        run.push(0, recorder.take_window());
        run
    }

    /// Whether it was a hit and why not, or why it is not known; `nothing` where nothing was said.
    #[track_caller]
    fn check(lines: &str, expected: &str) {
        let run = run_of("/a", None, &[], &[lines]);
        let mut found = Vec::new();
        for (series, tags, sink) in run.series() {
            let name = run.schema().metric(series.metric).name;
            let why = tags.get("why").unwrap_or_default();
            match (name.as_str(), sink) {
                ("cache_hits", Sink::Rate(rate)) if rate.passes > 0 => found.push("hit".to_owned()),
                ("cache_stale", _) => found.push("stale".to_owned()),
                ("cache_misses", _) => found.push(format!("miss {why}")),
                ("cache_offload", Sink::Rate(rate)) if rate.passes > 0 => found.push("spared".to_owned()),
                ("cache_unknown", _) => found.push(format!("unknown {why}")),
                _ => {}
            }
        }
        found.sort();
        let found = if run.series().next().is_none() { "nothing".to_owned() } else { found.join(", ") };
        assert_eq!(found, expected, "{lines}");
    }

    #[test]
    fn an_answer_comes_to_one_thing() {
        for (lines, expected) in [
            ("content-type: text/html", "nothing"),
            ("server-timing: db; dur=3", "nothing"),
            ("cache-status: Edge; hit; ttl=5 | age: 3", "hit, spared"),
            ("cache-status: Edge; hit; ttl=-5", "hit, stale"),
            ("cache-status: Edge; fwd=uri-miss; stored", "miss uri-miss"),
            ("cache-status: Edge; fwd=uri-miss; collapsed", "miss uri-miss, spared"),
            ("cache-status: Edge; fwd=stale; fwd-status=304", "miss revalidated"),
            ("cache-status: Edge; fwd=stale", "miss stale"),
            ("x-cache-status: MISS", "miss miss"),
            ("x-cache-status: EXPIRED", "miss stale"),
            ("x-cache: TCP_REFRESH_MISS from a23-1.deploy.akamaitechnologies.com", "miss stale"),
            ("cf-cache-status: DYNAMIC", "miss bypass"),
            ("cf-cache-status: BYPASS | age: 7", "miss bypass"),
            // What was stored with the words of the time it was fetched.
            ("cache-status: Edge; hit; ttl=5 | x-cache: MISS", "hit, spared"),
            ("cache-status: Edge; fwd=uri-miss | x-cache: HIT", "unknown contradicting"),
            ("cf-cache-status: HIT | x-cache: Miss from cloudfront", "unknown contradicting"),
            // Misses have no age, so hits of which nothing else tells cannot be a share of anything.
            ("age: 30", "unknown age-alone"),
            ("age: 0", "unknown age-alone"),
            ("cache-status: Edge", "unknown unclear"),
            ("x-cache: CONFIG_NOCACHE", "unknown unclear"),
        ] {
            check(lines, expected);
        }
    }

    fn tags_of(run: &Run, metric: &str) -> Vec<String> {
        let of = |tags: &loadline_measure::TagSet| {
            let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            pairs.join(" ")
        };
        let is_it = |id| run.schema().metric(id).name == metric;
        run.series().filter(|(series, ..)| is_it(series.metric)).map(|(_, tags, _)| of(tags)).collect()
    }

    #[test]
    fn rule_and_region_are_tags() {
        let answers = ["cf-cache-status: HIT | CF-Ray: 8f2a90cd1b3c5d7e-SYD"];
        for header in [Some("cf-ray"), None] {
            let run = run_of("/static/%61.js", header, &[("name", "file")], &answers);
            assert_eq!(tags_of(&run, "cache_hits"), ["name=file region=SYD rule=static"]);
        }
        let run = run_of("/static/%61.js", Some("x-region"), &[("name", "file")], &answers);
        assert_eq!(tags_of(&run, "cache_hits"), ["name=file rule=static"]);
        let run = run_of("/other", Some("cf-ray"), &[("region", "Perth")], &answers);
        assert_eq!(tags_of(&run, "cache_hits"), ["region=Perth"]);
    }
}
