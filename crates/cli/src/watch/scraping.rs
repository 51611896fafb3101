//! Services that are asked themselves, where there is no Prometheus: four times in a stretch, all of them at once.

use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::future::join_all;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_secrets::masked;
use loadline_units::count;
use loadline_verdict::escape;
use loadline_watch::{Dropped, Scraped, Settings, Tally};
use url::Url;

use super::own_metrics::Counted;
use super::trouble::Trouble;
use crate::common::{Header, screen};

/// So often in a stretch.
const IN_A_STRETCH: u64 = 4;
/// Whoever takes longer has not answered.
const TIMEOUT: Duration = Duration::from_secs(5);
/// No text of metrics is longer.
const LONGEST: u64 = 64 << 20;

/// All services that are asked, with what they have said.
pub(super) struct Scraping {
    client: Client,
    headers: HeaderMap,
    targets: Vec<Target>,
    scraped: Scraped,
    step_s: u64,
    /// What of it has been said.
    said: Dropped,
}

struct Target {
    url: Url,
    shown: String,
    away: Trouble,
}

impl Scraping {
    /// Of services at these addresses.
    pub(super) fn new(urls: &[String], headers: &[Header], settings: &Settings) -> Result<Self> {
        let mut targets: Vec<Target> = Vec::new();
        for text in urls {
            let url = parse_url(text)?;
            if targets.iter().any(|target| target.url == url) {
                bail!("`{}` is to be scraped twice: each replica has an address of its own", masked(text));
            }
            let shown = escape(&masked(text)).into_owned();
            targets.push(Target { url, shown, away: Trouble::default() });
        }
        let scraped = Scraped::new(settings, targets.len())?;
        let mut all = HeaderMap::new();
        all.insert(ACCEPT, HeaderValue::from_static("text/plain;version=0.0.4"));
        for header in headers {
            all.append(header.name.clone(), header.value.clone());
        }
        let config = ClientConfig { body_limit: LONGEST, ..ClientConfig::default() };
        let client = Client::new(Shared::new(config)?);
        Ok(Self { client, headers: all, targets, scraped, step_s: settings.step_s, said: Dropped::default() })
    }

    /// For people: the first of them, and how many more.
    pub(super) fn shown(&self) -> String {
        let first = self.targets.first().map(|target| target.shown.clone()).unwrap_or_default();
        match self.targets.len().saturating_sub(1) {
            0 => first,
            more => format!("{first} and {more} more"),
        }
    }

    /// Scrapes until a moment, in seconds since 1970 UTC, and does not scrape in that moment.
    pub(super) async fn until(&mut self, at_s: i64, counted: &Counted) {
        let every_ms = (self.step_s * 1000 / IN_A_STRETCH).max(1000) as i64;
        loop {
            let now_ms = Timestamp::now().as_millisecond();
            let next_ms = (now_ms.div_euclid(every_ms) + 1) * every_ms;
            // A moment that is more than a step away is one of a clock that was put back.
            let until_ms = (at_s * 1000).min(now_ms + self.step_s as i64 * 1000);
            let wait_ms = next_ms.min(until_ms) - now_ms;
            tokio::time::sleep(Duration::from_millis(wait_ms.max(1) as u64)).await;
            if next_ms >= until_ms {
                return;
            }
            self.round(counted).await;
        }
    }

    /// Scrapes all of them, and takes in what the stretch that ends at this time has.
    pub(super) async fn filled(&mut self, tally: &mut Tally, now_s: i64, counted: &Counted) -> Result<()> {
        let answered = self.round(counted).await;
        tally.set_bounds(self.scraped.bounds(), now_s);
        tally.take(&self.scraped.close(now_s), &[now_s], self.step_s);
        if answered == 0 {
            bail!("none of {} could be scraped", self.shown());
        }
        Ok(())
    }

    /// Scrapes all of them once; how many answered.
    async fn round(&mut self, counted: &Counted) -> usize {
        let (client, headers) = (&self.client, &self.headers);
        let asked = self.targets.iter().map(|target| text(client, headers, &target.url));
        let texts = join_all(asked).await;
        let at_s = Timestamp::now().as_second();
        let mut answered = 0;
        for (position, (target, text)) in self.targets.iter_mut().zip(texts).enumerate() {
            let taken = text.and_then(|text| {
                self.scraped
                    .take(position, at_s, &text)
                    .map_err(|error| escape(&error.to_string()).into_owned())
            });
            answered += usize::from(taken.is_ok());
            counted.note(|account| account.scraped(&target.shown, taken.is_ok()));
            let wrong = taken.err().map(|why| {
                format!("`{}` can't be scraped: {why}; what it counts is missing until it can", target.shown)
            });
            target.away.is(wrong.as_deref(), &format!("`{}` is scraped again", target.shown));
        }
        self.say_dropped();
        counted.note(|account| account.dropped = self.scraped.dropped());
        answered
    }

    /// Says what is in no window, when it is more than was said.
    fn say_dropped(&mut self) {
        let dropped = self.scraped.dropped();
        if dropped.requests.round() > self.said.requests.round() {
            screen::caution(&format!(
                "{} requests in all are in no window: they came while nobody read the counters for longer than a step",
                count(dropped.requests.round() as u64)
            ));
        }
        if dropped.readings > 0 && self.said.readings == 0 {
            screen::caution(
                "there are more series than are followed: some are in no window (a label has very many values)",
            );
        }
        if dropped.strange > 0 && self.said.strange == 0 {
            screen::caution("some values are negative, infinite or no numbers: they are in no window");
        }
        self.said = dropped;
    }
}

/// What a service says of itself, or why it does not.
async fn text(client: &Client, headers: &HeaderMap, url: &Url) -> Result<String, String> {
    let request =
        Request { timeout: TIMEOUT, headers: headers.clone(), ..Request::new(Method::GET, url.clone()) };
    let exchange = client.send(request, None).await;
    match &exchange.last().outcome {
        Ok(response) if response.status == 200 => {
            String::from_utf8(response.body.to_vec()).map_err(|_| "what it answers is not UTF-8".to_owned())
        }
        Ok(response) => Err(format!("it answers {}", escape(&response.status_text()))),
        Err(failure) => Err(escape(&masked(&failure.to_string())).into_owned()),
    }
}
