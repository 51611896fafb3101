//! The load of a demo: the load tests of this repository, and what they are told.

use std::time::Duration;

use loadline_script::compile::Memory;
use loadline_scripted::Source;

use super::arguments::{DemoArguments, GatewayKind};
use crate::common::own_script::own_script;

/// The load tests of this repository, as they stand.
const SCRIPTS: [(&str, &str); 8] = [
    ("/loadtests/main.ts", include_str!("../../../../loadtests/main.ts")),
    ("/loadtests/arrivals.ts", include_str!("../../../../loadtests/arrivals.ts")),
    ("/loadtests/edge.ts", include_str!("../../../../loadtests/edge.ts")),
    ("/loadtests/framework.ts", include_str!("../../../../loadtests/framework.ts")),
    ("/loadtests/popularity.ts", include_str!("../../../../loadtests/popularity.ts")),
    ("/loadtests/scenarios/browse.ts", include_str!("../../../../loadtests/scenarios/browse.ts")),
    ("/loadtests/scenarios/payment.ts", include_str!("../../../../loadtests/scenarios/payment.ts")),
    ("/loadtests/scenarios/search.ts", include_str!("../../../../loadtests/scenarios/search.ts")),
];

/// Prices that each user orders in turn when payments are to be proved: more subscriptions than users.
const PRICES: &str = "5";

/// The story's load on the system at this address.
pub(super) fn source(arguments: &DemoArguments, url: &str, password: &str, duration: Duration) -> Source {
    let environment = [
        ("BASE_URL", url.to_owned()),
        ("LOAD_TEST_PASSWORD", password.to_owned()),
        ("TEST_PRICE_ID", "price_family_monthly".to_owned()),
        (
            "TEST_PRICES",
            match arguments.gateway {
                GatewayKind::InProcess => "1".to_owned(),
                GatewayKind::StripeSimulator => PRICES.to_owned(),
            },
        ),
        ("USERS", arguments.users.to_string()),
        ("DURATION", format!("{}s", duration.as_secs_f64())),
    ];
    let files = SCRIPTS.into_iter().fold(Memory::new(), |files, (path, text)| files.with(path, text));
    Source {
        database: arguments.database.0.is_some(),
        ..own_script(files, "/loadtests/main.ts", &environment)
    }
}
