//! Flags become option texts, and `-e` becomes the script's environment.
//!
//! Values stay text here: they are parsed where those of variables are, so a flag and a variable accept the same.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::arguments::OutputArguments;
use super::options::OptionArguments;

/// The options given as flags, by their names in scripts.
pub(super) fn flags(options: &OptionArguments, outputs: &OutputArguments) -> Vec<(&'static str, String)> {
    let texts = [
        ("vus", &options.vus),
        ("duration", &options.duration),
        ("iterations", &options.iterations),
        ("minIterationDuration", &options.min_iteration_duration),
        ("rps", &options.rps),
        ("maxRedirects", &options.max_redirects),
        ("batch", &options.batch),
        ("batchPerHost", &options.batch_per_host),
        ("userAgent", &options.user_agent),
        ("httpDebug", &options.http_debug),
        ("localIPs", &options.local_ips),
        ("dns", &options.dns),
        ("summaryTimeUnit", &options.summary_time_unit),
        ("vusPerRealm", &options.vus_per_realm),
        ("maxBody", &options.max_body),
        ("maxBodies", &options.max_bodies),
        ("memoryPerRealm", &options.memory_per_realm),
        ("executionSegment", &options.execution_segment),
        ("executionSegmentSequence", &options.execution_segment_sequence),
        ("includeSystemEnvVars", &options.include_system_env_vars),
        ("summaryExport", &outputs.summary_export),
        ("summaryMode", &outputs.summary_mode),
        ("consoleOutput", &outputs.console_output),
    ];
    let lists = [
        ("stages", &options.stages),
        ("blacklistIPs", &options.blacklist_ip),
        ("blockHostnames", &options.block_hostnames),
        ("tags", &options.tags),
        ("systemTags", &options.system_tags),
        ("summaryTrendStats", &options.summary_trend_stats),
        ("out", &outputs.outs),
    ];
    let switches = [
        ("noSetup", "no_setup", options.no_setup),
        ("noTeardown", "no_teardown", options.no_teardown),
        ("sharePackages", "share_packages", options.share_packages),
        ("throw", "throw", options.throw),
        ("insecureSkipTLSVerify", "insecure_skip_tls_verify", options.insecure_skip_tls_verify),
        ("noConnectionReuse", "no_connection_reuse", options.no_connection_reuse),
        ("noVUConnectionReuse", "no_vu_connection_reuse", options.no_vu_connection_reuse),
        ("discardResponseBodies", "discard_response_bodies", options.discard_response_bodies),
        ("paused", "paused", options.paused),
        ("noSummary", "no_summary", outputs.no_summary),
        ("noThresholds", "no_thresholds", outputs.no_thresholds),
        ("linger", "linger", outputs.linger),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?)));
    let lists =
        lists.into_iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value.clone())));
    let switches = switches.into_iter().filter_map(|(name, field, on)| {
        let off = !on && options.switched_off.iter().any(|typed| typed == field);
        (on || off).then(|| (name, on.to_string()))
    });
    texts.chain(lists).chain(switches).collect()
}

/// `__ENV`: this process's variables unless unwanted, then `-e`.
pub(super) fn environment(
    options: &OptionArguments,
    variables: &[(String, String)],
) -> Result<BTreeMap<String, String>> {
    let own =
        |name: &str| variables.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.clone());
    let include = match options.include_system_env_vars.as_deref() {
        None => match own("LOADLINE_INCLUDE_SYSTEM_ENV_VARS").or_else(|| own("K6_INCLUDE_SYSTEM_ENV_VARS")) {
            Some(text) => truth("LOADLINE_INCLUDE_SYSTEM_ENV_VARS", &text)?,
            None => true,
        },
        Some(text) => truth("--include-system-env-vars", text)?,
    };
    let mut environment: BTreeMap<String, String> =
        if include { variables.iter().cloned().collect() } else { BTreeMap::new() };
    for text in &options.env {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (text.as_str(), own(text).unwrap_or_default()),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            bail!("`-e {text}` names no variable\nhint: write `-e NAME=VALUE`, or `-e NAME` to pass one on");
        }
        environment.insert(name.to_owned(), value);
    }
    Ok(environment)
}

fn truth(name: &str, text: &str) -> Result<bool> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => bail!("`{name}` is `{text}`\nhint: use `true` or `false`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Vec<(String, String)> {
        vec![("HOME".to_owned(), "/home/a".to_owned()), ("TOKEN".to_owned(), "t".to_owned())]
    }

    fn with(env: &[&str], include: Option<&str>) -> Result<BTreeMap<String, String>> {
        let options = OptionArguments {
            env: env.iter().map(ToString::to_string).collect(),
            include_system_env_vars: include.map(str::to_owned),
            ..OptionArguments::default()
        };
        environment(&options, &variables())
    }

    #[test]
    fn the_scripts_environment() {
        let all = with(&["TOKEN=mine", "EMPTY=", "URL=http://a?b=c"], None).unwrap();
        assert_eq!(all["HOME"], "/home/a");
        assert_eq!(all["TOKEN"], "mine");
        assert_eq!(all["EMPTY"], "");
        assert_eq!(all["URL"], "http://a?b=c");
        let few = with(&["TOKEN"], Some("false")).unwrap();
        assert_eq!(few.into_iter().collect::<Vec<_>>(), [("TOKEN".to_owned(), "t".to_owned())]);
        assert!(with(&["=x"], None).is_err());
        assert!(with(&[], Some("perhaps")).is_err());
    }

    #[test]
    fn flags_by_their_option_names() {
        let options = OptionArguments {
            vus: Some("5".to_owned()),
            stages: vec!["10s:5".to_owned(), "5s:0".to_owned()],
            throw: true,
            switched_off: vec!["no_setup".to_owned()],
            ..OptionArguments::default()
        };
        let expected =
            [("vus", "5"), ("stages", "10s:5"), ("stages", "5s:0"), ("noSetup", "false"), ("throw", "true")];
        assert_eq!(
            flags(&options, &OutputArguments::default()),
            expected.map(|(name, text)| (name, text.to_owned()))
        );
    }
}
