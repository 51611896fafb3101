//! Which gateway a request's payments go to.

use std::sync::Arc;

use loadline_monitor::Monitor;

use super::{
    PaymentGateway, Simulator, SimulatorSettings,
    stripe::{StripeGateway, StripeSettings, StripeSettingsError, mode_of_key},
};
use crate::{store::Mode, timers::Timers, web::Traffic};

/// Stripe, as an operator configures it.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// Where, and the key that payments are made with.
    pub settings: StripeSettings,
    /// The key of load tests' payments, of Stripe's test mode; not needed when the other is one.
    pub test_key: Option<String>,
}

/// The gateway of users' payments, and that of load tests'.
pub(crate) struct Gateways {
    users: Arc<dyn PaymentGateway>,
    load_tests: Option<Arc<dyn PaymentGateway>>,
}

impl Gateways {
    /// The gateway inside this process, for everything: it never moves money.
    pub(crate) fn simulated(settings: SimulatorSettings, timers: &Timers) -> Gateways {
        let simulator = Simulator::new(settings).timed(timers.gateway.clone());
        let gateway: Arc<dyn PaymentGateway> = Arc::new(simulator);
        Gateways { users: Arc::clone(&gateway), load_tests: Some(gateway) }
    }

    /// Stripe, with its test mode for load tests.
    pub(crate) fn stripe(
        stripe: &Stripe,
        monitor: Option<&Monitor>,
    ) -> Result<Gateways, StripeSettingsError> {
        let gateway = |settings: &StripeSettings| {
            let gateway = StripeGateway::new(settings)?;
            Ok::<_, StripeSettingsError>(match monitor {
                Some(monitor) => gateway.monitored(monitor),
                None => gateway,
            })
        };
        let users: Arc<dyn PaymentGateway> = Arc::new(gateway(&stripe.settings)?);
        let load_tests: Option<Arc<dyn PaymentGateway>> = match &stripe.test_key {
            _ if mode_of_key(&stripe.settings.secret_key) == Mode::Test => Some(Arc::clone(&users)),
            Some(key) if mode_of_key(key) == Mode::Test => {
                let settings = StripeSettings { secret_key: key.clone(), ..stripe.settings.clone() };
                Some(Arc::new(gateway(&settings)?))
            }
            _ => None,
        };
        Ok(Gateways { users, load_tests })
    }

    /// The gateway for a request; `None` for a load test's when there is no test mode: it is never charged for real.
    pub(crate) fn of(&self, traffic: Traffic) -> Option<&dyn PaymentGateway> {
        match traffic {
            Traffic::User => Some(self.users.as_ref()),
            Traffic::LoadTest => self.load_tests.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_test_is_never_charged_for_real() {
        for (key, test_key, allowed) in [
            ("sk_test_1", None, true),
            ("sk_live_1", Some("sk_test_1"), true),
            ("sk_live_1", None, false),
            ("sk_live_1", Some("sk_live_2"), false),
        ] {
            let url = "http://127.0.0.1:1".to_owned();
            let settings = StripeSettings { url, secret_key: key.to_owned() };
            let stripe = Stripe { settings, test_key: test_key.map(str::to_owned) };
            let gateways = Gateways::stripe(&stripe, None).unwrap();
            assert!(gateways.of(Traffic::User).is_some());
            let load_tests = gateways.of(Traffic::LoadTest).map(PaymentGateway::mode);
            assert_eq!(load_tests, allowed.then_some(Mode::Test), "{key} {test_key:?}");
        }
    }
}
