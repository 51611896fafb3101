//! A real Prometheus with a past: what scrapes would have brought is put into its database before it starts.

use std::process::{Child, Command, Stdio};

use crate::support::{Folder, ended, free_port};

/// Prometheus (Debian package `prometheus`), which ends with the test.
pub(crate) struct Prometheus {
    process: Child,
    pub(crate) url: String,
}

impl Prometheus {
    /// With these samples, in the format of `OpenMetrics` with times.
    pub(crate) fn start(folder: &Folder, samples: &str) -> Self {
        Self::configured(folder, "global: {}\n", samples)
    }

    /// The same, with a configuration of its own.
    pub(crate) fn configured(folder: &Folder, config: &str, samples: &str) -> Self {
        folder.write("requests.txt", samples);
        folder.write("prometheus.yml", config);
        let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", &path("requests.txt"), &path("data")];
        let made = ended(Command::new("promtool").args(arguments));
        assert_eq!(made.code, Some(0), "{}{}", made.out, made.err);
        Self::launch(folder)
    }

    /// Without a past: it scrapes these addresses every second.
    pub(crate) fn scraping(folder: &Folder, addresses: &[&str]) -> Self {
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs: [{{ job_name: shop, static_configs: [{{ targets: {addresses:?} }}] }}]\n"
        );
        folder.write("prometheus.yml", &config);
        Self::launch(folder)
    }

    /// Without a past, and without anything to scrape: it takes what is written to it.
    pub(crate) fn receiving(folder: &Folder, flags: &[&str]) -> Self {
        folder.write("prometheus.yml", "global: {}\n");
        Self::flagged(folder, &[&["--web.enable-remote-write-receiver"], flags].concat())
    }

    fn launch(folder: &Folder) -> Self {
        Self::flagged(folder, &[])
    }

    fn flagged(folder: &Folder, flags: &[&str]) -> Self {
        let started = (0..10).find_map(|_| Self::at(&format!("127.0.0.1:{}", free_port()), folder, flags));
        started.expect("prometheus did not start ten times")
    }

    /// At an address, unless another process has taken it.
    fn at(address: &str, folder: &Folder, flags: &[&str]) -> Option<Self> {
        let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
        let mut process = Command::new("prometheus")
            .arg(format!("--config.file={}", path("prometheus.yml")))
            .arg(format!("--storage.tsdb.path={}", path("data")))
            .args(["--storage.tsdb.retention.time=100y", "--log.level=error"])
            .arg(format!("--web.listen-address={address}"))
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the Debian package `prometheus` is installed");
        let url = format!("http://{address}/-/ready");
        while process.try_wait().unwrap().is_none() {
            let ready = Command::new("curl").args(["-sf", "-o", "/dev/null", &url]).status().unwrap();
            if ready.success() {
                return Some(Self { process, url: format!("http://{address}") });
            }
            std::thread::yield_now();
        }
        None
    }

    /// Kills it, and starts it again where it was, with what it had written down.
    pub(crate) fn restart(&mut self, folder: &Folder, flags: &[&str]) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let address = self.url.trim_start_matches("http://").to_owned();
        let flags = [&["--web.enable-remote-write-receiver"], flags].concat();
        *self = Self::at(&address, folder, &flags).expect("nobody else has taken the port");
    }

    /// What it answers to a query now.
    pub(crate) fn rows(&self, query: &str) -> Vec<serde_json::Value> {
        let arguments = ["-sG", "--data-urlencode", &format!("query={query}")];
        let answer = ended(Command::new("curl").args(arguments).arg(format!("{}/api/v1/query", self.url)));
        let answer: serde_json::Value = serde_json::from_str(&answer.out).unwrap_or_default();
        assert_ne!(answer["status"], "error", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// The first number that it answers to a query now, once it has one.
    pub(crate) fn awaited(&self, query: &str) -> f64 {
        let url = format!("{}/api/v1/query", self.url);
        loop {
            let asked = ["-sG", "--data-urlencode", &format!("query={query}"), &url];
            let answer = ended(Command::new("curl").args(asked));
            let answer: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
            if let Some(number) = answer["data"]["result"][0]["value"][1].as_str() {
                return number.parse().unwrap();
            }
            std::thread::yield_now();
        }
    }

    /// The first number that it answers to a query at this time.
    pub(crate) fn number(&self, query: &str, at_s: u64) -> f64 {
        let arguments = ["-sG", "--data-urlencode", &format!("query={query}"), "-d", &format!("time={at_s}")];
        let answer = ended(Command::new("curl").args(arguments).arg(format!("{}/api/v1/query", self.url)));
        let answer: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        answer["data"]["result"][0]["value"][1].as_str().unwrap().parse().unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
