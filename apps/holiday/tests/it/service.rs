//! A running service inside the test process.

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use holiday::{
    auth::HashCost,
    payments::SimulatorSettings,
    sample,
    server::{LoadTestAccounts, Server, Settings},
};
use tokio::runtime::Runtime;

use crate::client::{self, Response};

pub(crate) const PASSWORD: &str = "p&ss=wörd";

/// A small, quick service: few programmes, cheap hashes, an instant gateway.
pub(crate) fn settings() -> Settings {
    Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        sample: sample::Settings { programs: 2_000, ..sample::Settings::default() },
        load_test: Some(LoadTestAccounts { count: 3, password: PASSWORD.to_owned() }),
        hash_cost: HashCost { memory_kib: 64, passes: 1 },
        payments: SimulatorSettings { median_latency: Duration::ZERO, error_rate: 0.0 },
        ..Settings::default()
    }
}

pub(crate) struct Service {
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    _runtime: Runtime,
}

impl Service {
    pub(crate) fn start(settings: &Settings) -> Service {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::start(settings)).unwrap();
        let (address, metrics) = (server.address(), server.metrics_address());
        runtime.spawn(server.run(std::future::pending()));
        Service { address, metrics, _runtime: runtime }
    }

    /// One service that all tests share which change nothing another sees.
    pub(crate) fn shared() -> &'static Service {
        static SHARED: OnceLock<Service> = OnceLock::new();
        SHARED.get_or_init(|| Service::start(&settings()))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `/metrics` says.
    pub(crate) fn metrics(&self) -> String {
        self.metrics_as("text/plain")
    }

    /// The same in the format that is asked for.
    pub(crate) fn metrics_as(&self, accept: &str) -> String {
        let headers = [("accept", accept)];
        let response = client::send(self.metrics.unwrap(), "GET", "/metrics", &headers, "");
        assert_eq!(response.status, 200);
        response.body
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        client::send(self.address, "GET", path, &[], "")
    }

    /// The same with headers.
    pub(crate) fn asked(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        client::send(self.address, "GET", path, headers, "")
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        client::send(self.address, "POST", path, headers, body)
    }

    /// A tRPC query by GET.
    pub(crate) fn query(&self, procedure: &str, input: &str, headers: &[(&str, &str)]) -> Response {
        let input: String = form_urlencoded::byte_serialize(input.as_bytes()).collect();
        client::send(self.address, "GET", &format!("/api/trpc/{procedure}?input={input}"), headers, "")
    }

    pub(crate) fn login(&self, email: &str, password: &str) -> Response {
        let body = serde_json::json!({ "email": email, "password": password }).to_string();
        self.post("/api/auth/callback/credentials", &[], &body)
    }

    /// The Cookie header of a fresh session of loadtest-1.
    pub(crate) fn session(&self) -> String {
        let response = self.login("loadtest-1@test.holiday-aggregator.com", PASSWORD);
        assert_eq!(response.status, 200, "{}", response.body);
        response.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }
}
