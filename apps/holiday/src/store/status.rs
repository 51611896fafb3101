//! How far a subscription has come: Stripe's states, what moves one to another, and which of two pieces of news counts.
//!
//! Source: <https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses> and
//! <https://docs.stripe.com/billing/subscriptions/trials>. Only two states are ends. One that is `past_due` or `unpaid` becomes
//! `active` again as soon as its invoice is paid, and a second subscription beside it would be charged as well.

use serde::{Deserialize, Serialize};

use SubscriptionEvent::{
    Canceled as Cancel, FirstPaymentOverdue, GivenUp, Paid, PaymentFailed, Resumed, TrialBegan,
    TrialUnpayable,
};
use SubscriptionStatus::{
    Active, Canceled, Incomplete, IncompleteExpired, PastDue, Paused, Trialing, Unpaid,
};

/// Where money is: for real, or in the gateway's test mode. The two share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Money moves.
    Live,
    /// Nobody is charged.
    Test,
}

/// A state of a subscription; the words are Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Waiting for its first payment, for 23 hours.
    Incomplete,
    /// The first payment never came: an end.
    IncompleteExpired,
    /// Runs, and is to be paid later.
    Trialing,
    /// Paid.
    Active,
    /// The payment of its latest invoice failed and is tried again.
    PastDue,
    /// The payment is not tried any more, but the invoice can be paid.
    Unpaid,
    /// Its trial ended with nothing to pay by.
    Paused,
    /// Ended after it began to run: an end.
    Canceled,
}

/// What happens to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionEvent {
    /// Its latest invoice is paid: the first, a renewal's, or one that was overdue.
    Paid,
    /// 23 hours went by without the first payment.
    FirstPaymentOverdue,
    /// A payment failed, or was not tried when it was due.
    PaymentFailed,
    /// The last try of a payment failed, and the gateway is set to leave the subscription unpaid.
    GivenUp,
    /// It was given a trial.
    TrialBegan,
    /// Its trial ended, there is nothing to pay by, and the gateway is set to pause it.
    TrialUnpayable,
    /// It was paused and goes on.
    Resumed,
    /// Someone ended it, or the gateway did after the last try of a payment.
    Canceled,
}

/// Every state, in the order of the table.
pub const STATUSES: [SubscriptionStatus; 8] =
    [Incomplete, IncompleteExpired, Trialing, Active, PastDue, Unpaid, Paused, Canceled];

/// Every event, in the order of the table.
pub const SUBSCRIPTION_EVENTS: [SubscriptionEvent; 8] =
    [Paid, FirstPaymentOverdue, PaymentFailed, GivenUp, TrialBegan, TrialUnpayable, Resumed, Cancel];

impl Mode {
    /// The word used in stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Live => "live",
            Mode::Test => "test",
        }
    }

    /// The mode of a word.
    pub fn from_word(word: &str) -> Option<Mode> {
        [Mode::Live, Mode::Test].into_iter().find(|mode| mode.as_str() == word)
    }

    /// As the gateway's objects say it.
    pub fn of_livemode(livemode: bool) -> Mode {
        if livemode { Mode::Live } else { Mode::Test }
    }
}

impl SubscriptionStatus {
    /// The word used in stores and by the gateway.
    pub fn as_str(self) -> &'static str {
        match self {
            Incomplete => "incomplete",
            IncompleteExpired => "incomplete_expired",
            Trialing => "trialing",
            Active => "active",
            PastDue => "past_due",
            Unpaid => "unpaid",
            Paused => "paused",
            Canceled => "canceled",
        }
    }

    /// The status of a word.
    pub fn from_word(word: &str) -> Option<SubscriptionStatus> {
        STATUSES.into_iter().find(|status| status.as_str() == word)
    }

    /// The state after an event; `None` where the event does not happen.
    pub fn after(self, event: SubscriptionEvent) -> Option<SubscriptionStatus> {
        match (event, self) {
            (Paid, Incomplete | Trialing | Active | PastDue | Unpaid) | (Resumed, Paused) => Some(Active),
            (FirstPaymentOverdue | Cancel, Incomplete) => Some(IncompleteExpired),
            (PaymentFailed, Incomplete) => Some(Incomplete),
            (PaymentFailed, Trialing | Active | PastDue) => Some(PastDue),
            (PaymentFailed, Unpaid) | (GivenUp, PastDue | Unpaid) => Some(Unpaid),
            (TrialBegan, Trialing | Active | PastDue) => Some(Trialing),
            (TrialUnpayable, Trialing) => Some(Paused),
            (Cancel, Trialing | Active | PastDue | Unpaid | Paused) => Some(Canceled),
            _ => None,
        }
    }

    /// Whether it may still be paid: as long as it may, there must be no other of its account and price.
    pub fn is_live(self) -> bool {
        !matches!(self, IncompleteExpired | Canceled)
    }

    /// Whether it runs, or would once its invoice is paid: it has begun and not ended.
    pub fn is_running(self) -> bool {
        self.is_live() && self != Incomplete
    }

    /// Whether some events lead from here to there.
    fn leads_to(self, there: SubscriptionStatus) -> bool {
        let mut reached = vec![self];
        let mut looked_at = 0;
        while let Some(from) = reached.get(looked_at).copied() {
            looked_at += 1;
            for next in SUBSCRIPTION_EVENTS.into_iter().filter_map(|event| from.after(event)) {
                if next == there {
                    return true;
                }
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
        }
        false
    }

    /// Whether `news` of a time replace what is `known` of another, in seconds of the gateway's clock. News come late, twice and out of
    /// order.
    ///
    /// - An end is final, whenever it is heard of; and nothing that began waits for its first payment again.
    /// - One that is known as expired was perhaps only given up here, in favour of another: that it was paid counts.
    /// - Between states that lead to each other, like `active` and `past_due`, the later news count, and of the same second those that
    ///   come last.
    /// - What is known since time 0 was written by a version that knew fewer states, and gives way to whatever the gateway says.
    pub fn is_replaced_by(self, known_at: i64, news: SubscriptionStatus, news_at: i64) -> bool {
        if known_at == 0 && news_at > 0 {
            return self != Canceled || news.is_running();
        }
        match (self.leads_to(news), news.leads_to(self)) {
            _ if self == news => news_at > known_at,
            (true, true) => news_at >= known_at,
            (true, false) => true,
            (false, _) => self == IncompleteExpired && news != Incomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for a state: its word, whether a new subscription may be made beside it, and what each event makes of it (`-`: the event
    /// does not happen).
    const TABLE: &str = "
                           new? paid    overdue             failed      given_up  trial     unpayable  resumed  canceled
        incomplete         no   active  incomplete_expired  incomplete  -         -         -          -        incomplete_expired
        incomplete_expired yes  -       -                   -           -         -         -          -        -
        trialing           no   active  -                   past_due    -         trialing  paused     -        canceled
        active             no   active  -                   past_due    -         trialing  -          -        canceled
        past_due           no   active  -                   past_due    unpaid    trialing  -          -        canceled
        unpaid             no   active  -                   unpaid      unpaid    -         -          -        canceled
        paused             no   -       -                   -           -         -         -          active   canceled
        canceled           yes  -       -                   -           -         -         -          -        -
    ";

    #[test]
    fn every_cell_of_the_table() {
        let lines: Vec<Vec<&str>> = TABLE
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| words.len() == 2 + SUBSCRIPTION_EVENTS.len())
            .collect();
        assert!(lines.iter().map(|words| words[0]).eq(STATUSES.map(SubscriptionStatus::as_str)));
        for words in lines {
            let state = SubscriptionStatus::from_word(words[0]).unwrap();
            assert_eq!(!state.is_live(), words[1] == "yes", "{state:?}");
            for (event, expected) in SUBSCRIPTION_EVENTS.into_iter().zip(&words[2..]) {
                let expected = (*expected != "-").then(|| SubscriptionStatus::from_word(expected).unwrap());
                assert_eq!(state.after(event), expected, "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn which_news_count() {
        for (known, known_at, news, news_at, counts) in [
            (Incomplete, 5, Active, 5, true),
            (Active, 5, Incomplete, 5, false),
            (Active, 5, Incomplete, 9, false),
            (Active, 5, PastDue, 6, true),
            (PastDue, 6, Active, 5, false),
            (PastDue, 6, Active, 7, true),
            (Unpaid, 6, Active, 7, true),
            (Unpaid, 7, PastDue, 6, false),
            (Active, 5, PastDue, 5, true),
            (Active, 5, Canceled, 4, true),
            (Canceled, 5, Active, 9, false),
            (Canceled, 5, Unpaid, 9, false),
            (IncompleteExpired, 5, Active, 4, true),
            (IncompleteExpired, 5, Incomplete, 9, false),
            (Incomplete, 5, IncompleteExpired, 4, true),
            (Active, 5, Active, 6, true),
            (Active, 6, Active, 5, false),
            // Earlier versions called it canceled when it was unpaid.
            (Canceled, 0, Unpaid, 1, true),
            (Canceled, 0, Incomplete, 1, false),
        ] {
            assert_eq!(
                known.is_replaced_by(known_at, news, news_at),
                counts,
                "{known:?} {known_at} {news:?} {news_at}"
            );
        }
    }

    /// Whatever the order in which the same news come, an end is what remains, and else the latest.
    #[test]
    fn the_order_of_arrival_does_not_matter() {
        for first in STATUSES {
            for second in STATUSES.into_iter().filter(|second| first.leads_to(*second)) {
                let told = [(first, 10), (second, 20)];
                for order in [[0, 1], [1, 0]] {
                    let (mut status, mut at) = told[order[0]];
                    let (news, news_at) = told[order[1]];
                    if status.is_replaced_by(at, news, news_at) {
                        (status, at) = (news, news_at);
                    }
                    assert_eq!((status, at), (second, 20), "{first:?} {second:?} {order:?}");
                }
            }
        }
    }

    #[test]
    fn words_survive() {
        for status in STATUSES {
            assert_eq!(SubscriptionStatus::from_word(status.as_str()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert_eq!(SubscriptionStatus::from_word("odd"), None);
        for mode in [Mode::Live, Mode::Test] {
            assert_eq!(Mode::from_word(mode.as_str()), Some(mode));
        }
    }
}
