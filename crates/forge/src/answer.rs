//! What a forge answers, as far as it is of interest.

use serde_json::Value;

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// `Link`: where the next page is.
    pub link: Option<String>,
    /// `Location`: where it has gone.
    pub location: Option<String>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<String>,
    /// `X-RateLimit-Remaining`, or `RateLimit-Remaining`.
    pub remaining: Option<String>,
    /// `X-RateLimit-Reset`, or `RateLimit-Reset`: when there are requests again, in seconds since 1970 UTC.
    pub reset: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Of what a forge says of a fault, so much is told.
const LONGEST: usize = 200;

impl Answer {
    /// How many seconds to wait, where no more requests are taken for now.
    ///
    /// Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
    pub(crate) fn wait_s(&self, now_s: i64) -> Option<u64> {
        let number = |text: &Option<String>| text.as_ref()?.trim().parse::<u64>().ok();
        let is_used_up = number(&self.remaining) == Some(0);
        if self.status != 429 && !(self.status == 403 && (is_used_up || self.retry_after.is_some())) {
            return None;
        }
        let until = number(&self.reset).filter(|_| is_used_up || self.status == 429);
        let left = until.map(|until| until.saturating_sub(u64::try_from(now_s).unwrap_or(0)));
        // Without a word, a minute is what is asked for.
        Some(number(&self.retry_after).or(left).unwrap_or(60).max(1))
    }

    /// The address of the next page.
    ///
    /// Source: RFC 8288, 3.
    pub(crate) fn next_page(&self) -> Option<&str> {
        self.link.as_deref()?.split(',').find_map(|link| {
            let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let mut parameters = parameters.split(';').map(str::trim);
            parameters.any(|word| word == "rel=\"next\"" || word == "rel=next").then_some(address)
        })
    }

    /// Its body as JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What it says of a fault, or its status.
    pub(crate) fn fault(&self) -> String {
        let said = self.json().and_then(|body| {
            let message = body.get("message").or_else(|| body.get("error"))?;
            Some(message.as_str().map_or_else(|| message.to_string(), str::to_owned))
        });
        match said {
            Some(said) if !said.is_empty() => {
                let brief: String = said.chars().take(LONGEST).collect();
                format!("{}: {brief}", self.status)
            }
            _ => self.status.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        let next = |link: &str| {
            let answer = Answer { link: Some(link.to_owned()), ..Answer::default() };
            answer.next_page().map(str::to_owned)
        };
        let first = "<https://a.test/c?page=1>; rel=\"first\"";
        assert_eq!(
            next(&format!("{first}, <https://a.test/c?page=3>; rel=\"next\"")).as_deref(),
            Some("https://a.test/c?page=3")
        );
        assert_eq!(next(first), None);
        assert_eq!(next("nonsense, <, >;rel=next"), None);
    }

    #[test]
    fn a_limit_says_how_long() {
        let answer = |status, retry: Option<&str>, remaining: Option<&str>, reset: Option<&str>| Answer {
            status,
            retry_after: retry.map(str::to_owned),
            remaining: remaining.map(str::to_owned),
            reset: reset.map(str::to_owned),
            ..Answer::default()
        };
        let cases = [
            (answer(403, None, Some("0"), Some("1030")), Some(30)),
            (answer(403, Some("7"), None, None), Some(7)),
            (answer(403, None, Some("12"), Some("1030")), None),
            (answer(403, None, None, None), None),
            (answer(429, None, None, None), Some(60)),
            (answer(429, Some("soon"), Some("0"), Some("900")), Some(1)),
            (answer(200, None, Some("0"), Some("1030")), None),
        ];
        for (answer, expected) in cases {
            assert_eq!(answer.wait_s(1000), expected, "{answer:?}");
        }
    }
}
