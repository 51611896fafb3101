//! A payment gateway inside this process, for when no other is configured: Stripe forbids load tests, also against its test mode.
//!
//! It is called directly. The simulator in `stripe/` speaks HTTP and is the one to try retries and webhooks on; for a demo that
//! shares two cores with its load generator, this one costs nothing, and its failures reach the users, as a fault to be found should.
//! Nobody pays here, so subscriptions stay incomplete.
//!
//! It makes identifiers and client secrets of Stripe's form, honours idempotency keys, takes as long as a gateway takes, and can
//! fail at a given rate. Times are log-normal: most near the median, a long tail.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use loadline_monitor::Part;

use super::{
    GatewayError, GatewayPage, GatewaySubscription, NewCustomer, Order, PaymentGateway, Reply, chance,
    identifier::identifier,
};
use crate::{
    clock::now,
    store::{Mode, SubscriptionStatus},
};

/// Keys remembered; the oldest is forgotten first. Stripe forgets them after a day.
const KEYS_KEPT: usize = 20_000;

/// How the simulated gateway behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatorSettings {
    /// Half of the calls take longer than this; zero answers at once.
    pub median_latency: Duration,
    /// The share of calls that fail, 0 to 1.
    pub error_rate: f64,
}

impl Default for SimulatorSettings {
    fn default() -> SimulatorSettings {
        SimulatorSettings { median_latency: Duration::from_millis(250), error_rate: 0.0 }
    }
}

/// The simulated gateway.
pub struct Simulator {
    settings: SimulatorSettings,
    timer: Part,
    done: Mutex<Done>,
}

/// What was ordered.
#[derive(Default)]
struct Done {
    by_key: HashMap<String, (Order, GatewaySubscription)>,
    by_id: HashMap<String, GatewaySubscription>,
    oldest_first: VecDeque<String>,
}

impl Simulator {
    /// A gateway without subscriptions.
    pub fn new(settings: SimulatorSettings) -> Simulator {
        Simulator { settings, timer: Part::default(), done: Mutex::default() }
    }

    /// The same, with its time as this part of requests.
    pub(crate) fn timed(self, timer: Part) -> Simulator {
        Simulator { timer, ..self }
    }

    /// Takes as long as a gateway takes.
    async fn take_time(&self) {
        if !self.settings.median_latency.is_zero() {
            self.timer.time(tokio::time::sleep(chance::log_normal(self.settings.median_latency))).await;
        }
    }

    fn fail_sometimes(&self) -> Result<(), GatewayError> {
        if chance::happens(self.settings.error_rate) {
            return Err(GatewayError::Failed("simulated failure, `api_error`".to_owned()));
        }
        Ok(())
    }

    fn create(&self, order: Order) -> Result<GatewaySubscription, GatewayError> {
        if !order.price.starts_with("price_") {
            let message =
                format!("no such price: `{}`; identifiers of prices begin with `price_`", order.price);
            return Err(GatewayError::Invalid { field: "priceId", message });
        }
        let mut done = self.done.lock().expect("nothing panics while it is held");
        if let Some((earlier, subscription)) = done.by_key.get(&order.idempotency_key) {
            if *earlier == order {
                return Ok(subscription.clone());
            }
            let message = "the idempotency key was used for another order before; use a new one".to_owned();
            return Err(GatewayError::Invalid { field: "priceId", message });
        }
        self.fail_sometimes()?;
        let payment_intent = identifier("pi_3");
        let subscription = GatewaySubscription {
            id: identifier("sub_1"),
            account: Some(order.account),
            price: order.price.clone(),
            mode: Mode::Test,
            status: SubscriptionStatus::Incomplete,
            told_at: now(),
            created_at: now(),
            client_secret: format!("{payment_intent}_secret_{}", identifier("")),
            payment_intent,
        };
        done.remember(order, subscription.clone());
        Ok(subscription)
    }
}

impl PaymentGateway for Simulator {
    /// It never moves money.
    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn subscriptions_of(&self, customer: String, price: String) -> Reply<'_, Vec<GatewaySubscription>> {
        Box::pin(async move {
            let done = self.done.lock().expect("nothing panics while it is held");
            let its = |one: &&GatewaySubscription| {
                one.price == price && one.account.is_some_and(|account| customer_of(account) == customer)
            };
            Ok(done.by_id.values().filter(its).cloned().collect())
        })
    }

    /// Customers here are no more than a name; it takes no time, since Stripe's would be made long before.
    fn create_customer(&self, customer: NewCustomer) -> Reply<'_, String> {
        Box::pin(async move { Ok(customer_of(customer.account)) })
    }

    fn create_subscription(&self, order: Order) -> Reply<'_, GatewaySubscription> {
        Box::pin(async move {
            self.take_time().await;
            self.create(order)
        })
    }

    fn subscription(&self, id: String) -> Reply<'_, Option<GatewaySubscription>> {
        Box::pin(async move {
            self.take_time().await;
            self.fail_sometimes()?;
            Ok(self.done.lock().expect("nothing panics while it is held").by_id.get(&id).cloned())
        })
    }

    fn subscriptions(&self, _after: Option<String>) -> Reply<'_, GatewayPage> {
        Box::pin(async move {
            let done = self.done.lock().expect("nothing panics while it is held");
            Ok(GatewayPage { subscriptions: done.by_id.values().cloned().collect(), next: None })
        })
    }
}

fn customer_of(account: i64) -> String {
    format!("cus_{account}")
}

impl Done {
    fn remember(&mut self, order: Order, subscription: GatewaySubscription) {
        if self.oldest_first.len() == KEYS_KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
            && let Some((_, forgotten)) = self.by_key.remove(&oldest)
        {
            self.by_id.remove(&forgotten.id);
        }
        self.oldest_first.push_back(order.idempotency_key.clone());
        self.by_id.insert(subscription.id.clone(), subscription.clone());
        self.by_key.insert(order.idempotency_key.clone(), (order, subscription));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(key: &str, price: &str) -> Order {
        Order {
            account: 1,
            customer: "cus_1".to_owned(),
            price: price.to_owned(),
            idempotency_key: key.to_owned(),
        }
    }

    fn instant() -> SimulatorSettings {
        SimulatorSettings { median_latency: Duration::ZERO, error_rate: 0.0 }
    }

    #[tokio::test]
    async fn identifiers_have_the_form_of_the_real_ones() {
        let made = Simulator::new(instant()).create_subscription(order("a", "price_1")).await.unwrap();
        assert!(made.id.starts_with("sub_1") && made.id.len() == 28, "{made:?}");
        assert!(made.client_secret.starts_with(&format!("{}_secret_", made.payment_intent)), "{made:?}");
    }

    #[tokio::test]
    async fn a_key_gives_the_same_subscription_again() {
        let gateway = Simulator::new(instant());
        let first = gateway.create_subscription(order("a", "price_1")).await.unwrap();
        assert_eq!(gateway.create_subscription(order("a", "price_1")).await.unwrap(), first);
        assert_ne!(gateway.create_subscription(order("b", "price_1")).await.unwrap(), first);
        assert_eq!(gateway.subscription(first.id.clone()).await.unwrap().as_ref(), Some(&first));
        assert_eq!(gateway.subscription("sub_none".to_owned()).await.unwrap(), None);
        let reused = gateway.create_subscription(order("a", "price_2")).await;
        assert!(matches!(reused, Err(GatewayError::Invalid { .. })), "{reused:?}");
    }

    #[tokio::test]
    async fn an_unknown_price_is_the_callers_mistake() {
        let reply = Simulator::new(instant()).create_subscription(order("a", "gold")).await;
        assert!(matches!(reply, Err(GatewayError::Invalid { field: "priceId", .. })), "{reply:?}");
    }

    #[test]
    fn keys_are_forgotten_in_the_end() {
        let gateway = Simulator::new(instant());
        for key in 0..=KEYS_KEPT {
            gateway.create(order(&key.to_string(), "price_1")).unwrap();
        }
        let done = gateway.done.lock().unwrap();
        let kept = (done.by_key.len(), done.by_id.len(), done.oldest_first.len());
        assert_eq!(kept, (KEYS_KEPT, KEYS_KEPT, KEYS_KEPT));
        assert!(!done.by_key.contains_key("0"));
    }

    #[test]
    fn failures_come_at_their_rate() {
        for (rate, expected) in [(0.0, 0..=0), (0.2, 1_700..=2_300), (1.0, 10_000..=10_000)] {
            let gateway = Simulator::new(SimulatorSettings { error_rate: rate, ..instant() });
            let failed =
                (0..10_000).filter(|key| gateway.create(order(&key.to_string(), "price_1")).is_err());
            let failed = failed.count();
            assert!(expected.contains(&failed), "{rate}: {failed}");
        }
    }
}
