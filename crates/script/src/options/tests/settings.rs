//! Options one by one.

use std::time::Duration;

use loadline_client::{ClientConfig, DnsPolicy, DnsTtl, TlsVersion};
use serde_json::json;

use super::support::*;
use crate::options::{Tiers, settle};

#[test]
fn thresholds_short_and_long() {
    let options = json!({ "thresholds": {
        "http_req_duration{scenario:search}": ["p(95)<500", { "threshold": "p(99)<1000", "abortOnFail": true, "delayAbortEval": "10s" }],
        "checks": "rate>0.9", "search_errors": [],
    } });
    let settled = merged(&[script(&options)]);
    let texts: Vec<_> = settled
        .thresholds
        .iter()
        .map(|it| (it.selector.as_str(), it.expression.as_str(), it.abort_on_fail, it.delay_abort_eval_ms))
        .collect();
    assert_eq!(
        texts,
        [
            ("http_req_duration{scenario:search}", "p(95)<500", false, 0),
            ("http_req_duration{scenario:search}", "p(99)<1000", true, 10_000),
            ("checks", "rate>0.9", false, 0),
        ]
    );
    let again = merged(&[script(&settled.options.to_json())]);
    assert_eq!(again.thresholds, settled.thresholds);
    assert_eq!(merged(&[script(&options), Flags(&[("noThresholds", "true")])]).thresholds, []);
}

#[test]
fn options_of_the_network() {
    let tier = script(&json!({
        "dns": "ttl=inf,select=roundRobin", "tlsVersion": { "min": "tls1.0", "max": "tls1.2" }, "hosts": { "a.test": "127.0.0.1:8080" },
        "tlsAuth": [{ "domains": ["a.test"], "cert": "C", "key": "secret" }], "httpDebug": "full", "noConnectionReuse": true,
        "blacklistIPs": ["10.0.0.0/8"], "blockHostnames": "*.test, b.test", "localIPs": "10.0.0.1,10.0.0.5-10.0.0.9",
    }));
    let settled = merged(&[tier, Flags(&[("dns", "ttl=0,policy=any"), ("userAgent", "me/1")])]);
    let json = settled.options.to_json();
    assert_eq!(json["dns"], json!({ "ttl": "0s", "select": "random", "policy": "any" }));
    assert_eq!(json["tlsVersion"], json!({ "min": null, "max": "tls1.2" }));
    assert_eq!(json["tlsAuth"], json!([{ "domains": ["a.test"] }]), "keys must not be written");
    assert!(!settled.json.contains("secret") && !format!("{settled:?}").contains("secret"));
    assert_eq!(json["httpDebug"], "full");

    let config = settled.client_config(ClientConfig::default());
    assert_eq!((config.user_agent.as_str(), config.reuse_connections), ("me/1", false));
    assert_eq!((config.dns.ttl, config.dns.policy), (DnsTtl::Never, DnsPolicy::Any));
    assert_eq!((config.tls.minimum_version, config.tls.maximum_version), (None, Some(TlsVersion::Tls12)));
    assert_eq!(config.tls.client_certificates[0].key_pem, b"secret");
    assert_eq!(config.hosts["a.test"], "127.0.0.1:8080");
    assert_eq!((config.block_hostnames.len(), config.local_addresses.len()), (2, 2));
    assert!(!config.tls.insecure_skip_verify);
}

#[test]
fn flags_that_are_repeated() {
    let tier = Flags(&[
        ("tags", "a=1"),
        ("out", "json=a.json"),
        ("tags", "b=x=y"),
        ("out", "csv=b.csv"),
        ("vus", "1"),
        ("vus", "2"),
        ("blacklistIPs", "10.0.0.0/8"),
        ("stages", "30s:10"),
        ("stages", "1m:0,5s:7"),
        ("summaryTrendStats", "avg,p(99.9)"),
        ("noSetup", "true"),
    ]);
    let settled = merged(&[tier]);
    let json = settled.options.to_json();
    assert_eq!(json["tags"], json!({ "a": "1", "b": "x=y" }));
    assert_eq!(json["out"], json!(["json=a.json", "csv=b.csv"]));
    assert_eq!((&json["vus"], &json["blacklistIPs"]), (&json!(2), &json!(["10.0.0.0/8"])));
    assert_eq!(json["summaryTrendStats"], json!(["avg", "p(99.9)"]));
    assert_eq!(json["stages"].as_array().unwrap().len(), 3);
    assert_eq!(settled.options.no_setup, Some(true));
}

#[test]
fn tags_of_the_run_are_on_every_scenario_whose_own_win() {
    let options = json!({
        "tags": { "team": "search", "t": "run" },
        "scenarios": { "a": { "executor": "constant-vus", "duration": "1s", "tags": { "t": "own" } } },
    });
    let settled = merged(&[script(&options)]);
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(settled.plan.scenarios[0].tags, [tag("t", "own"), tag("team", "search")]);
    assert_eq!(settled.options.to_json()["scenarios"]["a"]["tags"], json!({ "t": "own" }));
}

#[test]
fn system_tags_are_switches() {
    assert_eq!(merged(&[]).system_tags(), loadline_measure::SystemTags::default());
    let settled = merged(&[script(&json!({ "systemTags": ["status", "iter", "metod"] }))]);
    let tags = settled.system_tags();
    assert!(tags.status && tags.iter && !tags.method && !tags.url);
    assert_eq!(
        settled.warnings,
        [
            "`systemTags[2]` is `metod`, which is not a system tag\n  --> script main.ts\nhint: did you mean `method`?"
        ]
    );
}

#[test]
fn ours_beside_those_of_k6() {
    let settled = merged(&[
        Environment(&[("LOADLINE_VUS_PER_REALM", "8"), ("LOADLINE_INIT_TIMEOUT", "2m")]),
        script(&json!({ "sharePackages": true, "memoryPerRealm": "64MiB" })),
    ]);
    assert_eq!(settled.options.vus_per_realm, Some(8));
    assert_eq!(settled.options.share_packages, Some(true));
    assert_eq!(settled.options.memory_per_realm.map(|size| size.bytes), Some(64 << 20));
    assert_eq!(settled.options.init_timeout, Some(Duration::from_mins(2)));
}

#[test]
fn limits_of_bodies() {
    let check = |flags: &'static [(&'static str, &'static str)], expected: (u64, u64)| {
        let config = merged(&[Flags(flags)]).client_config(ClientConfig::default());
        assert_eq!((config.body_limit, config.bodies_limit), expected, "{flags:?}");
    };
    check(&[], (512 << 20, 512 << 20));
    check(&[("maxBody", "1MiB")], (1 << 20, 512 << 20));
    check(&[("maxBody", "2GiB")], (2 << 30, 2 << 30));
    check(&[("maxBody", "2GiB"), ("maxBodies", "4GiB")], (2 << 30, 4 << 30));
    check(&[("maxBody", "0")], (u64::MAX, u64::MAX));
    check(&[("maxBodies", "0")], (512 << 20, u64::MAX));
}

#[test]
fn a_configuration_file_that_is_no_json() {
    let tiers = Tiers { config_file: Some(("loadline.json", "{ vus: 1 }")), ..Tiers::default() };
    assert_eq!(
        settle(&tiers).unwrap_err().to_string(),
        "`options` is not JSON: key must be a string at line 1 column 3\n  --> configuration file loadline.json"
    );
}
