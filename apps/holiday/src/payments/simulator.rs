//! A simulator of Stripe's subscriptions API inside this process: Stripe forbids load tests, also against its test mode.
//!
//! It makes identifiers and client secrets of Stripe's form, honours idempotency keys, takes as long as a gateway takes, and can
//! fail at a given rate. Times are log-normal: most near the median, a long tail.

use std::{
    collections::{HashMap, VecDeque},
    f64::consts::TAU,
    sync::Mutex,
    time::Duration,
};

use super::{GatewayError, GatewaySubscription, Order, PaymentGateway, Reply};

/// Spread of the log-normal times: p95 is 1.9 times the median, p99 2.5 times.
const SIGMA: f64 = 0.4;
/// No call takes longer than this many medians.
const LONGEST_MEDIANS: f64 = 20.0;
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
    done: Mutex<Done>,
}

/// Orders by their key.
#[derive(Default)]
struct Done {
    by_key: HashMap<String, (Order, GatewaySubscription)>,
    oldest_first: VecDeque<String>,
}

impl Simulator {
    /// A gateway without subscriptions.
    pub fn new(settings: SimulatorSettings) -> Simulator {
        Simulator { settings, done: Mutex::default() }
    }

    fn latency(&self) -> Duration {
        // Box and Muller's transform; 1 − u keeps the logarithm's argument above zero.
        let normal = (-2.0 * (1.0 - rand::random::<f64>()).ln()).sqrt() * (TAU * rand::random::<f64>()).cos();
        self.settings.median_latency.mul_f64((SIGMA * normal).exp().min(LONGEST_MEDIANS))
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
        if rand::random::<f64>() < self.settings.error_rate {
            return Err(GatewayError::Failed("simulated failure, `api_error`".to_owned()));
        }
        let payment_intent = identifier("pi_3");
        let subscription = GatewaySubscription {
            id: identifier("sub_1"),
            client_secret: format!("{payment_intent}_secret_{}", identifier("")),
            payment_intent,
        };
        done.remember(order, subscription.clone());
        Ok(subscription)
    }
}

impl PaymentGateway for Simulator {
    fn create_subscription(&self, order: Order) -> Reply<'_, GatewaySubscription> {
        Box::pin(async move {
            if !self.settings.median_latency.is_zero() {
                tokio::time::sleep(self.latency()).await;
            }
            self.create(order)
        })
    }
}

impl Done {
    fn remember(&mut self, order: Order, subscription: GatewaySubscription) {
        if self.oldest_first.len() == KEYS_KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_key.remove(&oldest);
        }
        self.oldest_first.push_back(order.idempotency_key.clone());
        self.by_key.insert(order.idempotency_key.clone(), (order, subscription));
    }
}

/// A prefix and 23 random letters and digits.
fn identifier(prefix: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let random = rand::random::<[u8; 23]>();
    // 256 is no multiple of 62: eight letters come a little more often, which identifiers may.
    let letters = random.iter().map(|&byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    prefix.chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(key: &str, price: &str) -> Order {
        Order { account: 1, price: price.to_owned(), idempotency_key: key.to_owned() }
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
        assert_eq!((done.by_key.len(), done.oldest_first.len()), (KEYS_KEPT, KEYS_KEPT));
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

    #[test]
    fn half_of_the_calls_take_longer_than_the_median() {
        let gateway = Simulator::new(SimulatorSettings::default());
        let mut times: Vec<_> = (0..4_000).map(|_| gateway.latency()).collect();
        times.sort();
        let (median, p95) = (times[2_000].as_secs_f64(), times[3_800].as_secs_f64());
        assert!((0.235..0.265).contains(&median), "{median}");
        assert!((0.43..0.53).contains(&p95), "{p95}");
    }
}
