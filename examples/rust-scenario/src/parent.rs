//! A parent who looks for programmes, in one place after the other: a virtual user with a memory.

use http::Method;
use loadline_client::{Request, Response, parse_url};
use loadline_harness::User;
use loadline_load::{Iteration, IterationEnd, Vu};
use loadline_measure::MetricId;
use serde_json::{Value, json};

const LOCATIONS: [&str; 5] = ["2000", "2001", "2010", "2020", "2030"]; // Sydney postcodes

/// Searches at the next place in each iteration.
pub(crate) struct Parent {
    user: User,
    url: String,
    programs_found: MetricId,
    next_place: usize,
}

impl Parent {
    pub(crate) fn new(user: User, base: &str, programs_found: MetricId) -> Self {
        let url = format!("{base}/api/trpc/search.findPrograms");
        Self { user, url, programs_found, next_place: 0 }
    }
}

impl Vu for Parent {
    async fn iterate(&mut self, it: &Iteration) -> IterationEnd {
        let place = LOCATIONS[self.next_place];
        self.next_place = (self.next_place + 1) % LOCATIONS.len();
        let Ok(url) = parse_url(&self.url) else {
            return IterationEnd::Abort(format!("`{}` is not a URL", self.url));
        };
        let mut request = Request::new(Method::POST, url);
        let content_type = http::HeaderValue::from_static("application/json");
        request.headers.insert(http::header::CONTENT_TYPE, content_type);
        let input = json!({ "json": { "location": place, "ageGroup": "5-7", "radius": 10 } });
        request.body = input.to_string().into();
        let answer = self.user.send_as(it, "search.findPrograms", request).await;
        let found = answer.as_ref().ok().and_then(programs);
        self.user.check(it, "search: has programmes", found.is_some_and(|found| found > 0));
        if let Some(found) = found {
            it.record(self.programs_found, found as f64, &[("place", place)]);
        }
        IterationEnd::Complete
    }
}

/// How many programmes an answer lists.
fn programs(answer: &Response) -> Option<usize> {
    let json: Value = serde_json::from_slice(&answer.body).ok()?;
    Some(json.pointer("/result/data/programs")?.as_array()?.len())
}
