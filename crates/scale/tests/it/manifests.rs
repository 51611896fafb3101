//! Manifests as people have them, and what KEDA makes of its own.

use loadline_scale::autoscaler::{Keda, PolicyError};
use loadline_scale::cluster::Signal;
use loadline_scale::hpa::{Amount, Flags, Rules, Source, Target, Version};
use loadline_scale::manifests::{Declared, DeclaredKind, ManifestError, Manifests, Scaled};
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::{Ledger, Scenario, simulate};
use loadline_scale::traffic::Profile;

use crate::wanted::Wanted;

const HELM: &str = r#"---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata: {name: search}
spec: {ports: [{port: 80}]}
---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: search
spec:
  replicas: 3
  template:
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: app
          resources:
            requests: {cpu: 500m, memory: 256Mi}
          readinessProbe: {initialDelaySeconds: 7}
          lifecycle:
            preStop:
              exec: {command: ["/bin/sh", "-c", "sleep 10 && nginx -s quit"]}
        - name: proxy
          resources:
            requests: {cpu: 0.1}
---
# Source: shop/templates/hpa.yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: search
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: search}
  minReplicas: 2
  maxReplicas: 20
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
    - type: Pods
      pods: {metric: {name: http_requests}, target: {type: AverageValue, averageValue: "1k"}}
  behavior:
    scaleUp:
      policies: [{type: Pods, value: 2, periodSeconds: 60}]
    scaleDown: {selectPolicy: Disabled, tolerance: 50m}
---
# nothing
"#;

fn read(text: &str) -> Result<Manifests, ManifestError> {
    let mut manifests = Manifests::default();
    manifests.add("shop.yaml", text).map(|()| manifests)
}

#[test]
fn what_helm_makes_is_read() {
    let manifests = read(HELM).unwrap();
    let declared = manifests.autoscaler(None, "shop.yaml").unwrap();
    assert_eq!(declared.what, "HorizontalPodAutoscaler/search (shop.yaml:31)");
    let DeclaredKind::Hpa(policy) = &declared.kind else { panic!("{declared:?}") };
    assert_eq!((policy.min, policy.max, policy.metrics.len()), (2, 20, 2));
    assert_eq!(policy.metrics[0].target, Some(Target::Utilization(70)));
    assert_eq!(
        (&policy.metrics[1].source, policy.metrics[1].target),
        (&Source::Pods, Some(Target::AverageValue(1_000_000)))
    );
    let behavior = policy.behavior.as_ref().unwrap();
    assert_eq!(
        (behavior.up.window_ms, behavior.down.window_ms, behavior.down.tolerance),
        (Some(0), None, Some(0.05))
    );
    assert_eq!(behavior.up.policies[0].amount, Amount::Pods(2));
    let deployment = manifests.deployment_of(declared).unwrap();
    assert_eq!((deployment.replicas, deployment.request_milli), (Some(3), Some(600)));
    assert_eq!((deployment.ready_s, deployment.accepts_s, deployment.grace_s), (Some(7), Some(10), Some(45)));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let check = |from: &str, to: &str, wanted: &[&str]| {
        let text = HELM.replace(from, to);
        assert_ne!(text, HELM);
        let said =
            read(&text).and_then(|read| read.autoscaler(None, "shop.yaml").cloned()).unwrap_err().to_string();
        assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{said}");
    };
    check("maxReplicas: 20", "maxReplicas: many", &["shop.yaml:38"]);
    check("maxReplicas: 20\n", "\n", &["shop.yaml:", "maxReplicas"]);
    check("kind: Deployment, name: search}", "kind: Deployment, name: search", &["shop.yaml:"]);
    check("averageUtilization: 70", "averageUse: 70", &["`cpu` has no target"]);
    check("averageValue: \"1k\"", "averageValue: \"lots\"", &["`lots` is no quantity"]);
    check("type: Pods, value: 2", "type: Pods, value: 0", &["a value above 0"]);
    check("selectPolicy: Disabled", "selectPolicy: Never", &["`Never` is no `selectPolicy`"]);
    check("autoscaling/v2", "autoscaling/v2beta2", &["`autoscaling/v2beta2` is not read"]);
    check("cpu: 500m", "cpu: half", &["`half` is no quantity"]);
    check("kind: HorizontalPodAutoscaler", "kind: PodDisruptionBudget", &["neither", "--target"]);
    let twice = HELM.replace(
        "# nothing",
        &HELM[HELM.find("apiVersion: autoscaling").unwrap()..HELM.rfind("---").unwrap()],
    );
    let said = read(&twice).unwrap_err().to_string();
    assert!(said.contains("both scale Deployment/search") && said.contains("shop.yaml:49"), "{said}");
    let other = twice.replacen("name: search}\n  minReplicas", "name: other}\n  minReplicas", 1);
    let several = read(&other).unwrap();
    assert!(several.autoscaler(None, "").unwrap_err().to_string().contains("--name"));
    assert!(several.autoscaler(Some("cart"), "").unwrap_err().to_string().contains("no autoscaler `cart`"));
}

const SCALED: &str = r#"
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: search}
spec:
  scaleTargetRef: {name: search}
  minReplicaCount: 0
  maxReplicaCount: 20
  cooldownPeriod: 120
  fallback: {failureThreshold: 3, replicas: 6}
  triggers:
    - type: prometheus
      metadata: {query: "sum(rate(http_requests_total[1m]))", threshold: "20", activationThreshold: "2"}
    - type: cron
      metadata: {timezone: UTC, start: "30 0 * * *", end: "40 0 * * *", desiredReplicas: "4"}
"#;

fn scaled(text: &str) -> Result<Scaled, ManifestError> {
    let manifests = read(text)?;
    let Declared { kind: DeclaredKind::Scaled(scaled), .. } = manifests.autoscaler(None, "")? else {
        panic!()
    };
    Ok(scaled.clone())
}

/// Nothing for ten minutes, 200 requests per second for five, nothing until the hour is over.
fn burst(outage: Option<std::ops::Range<u64>>) -> (Ledger, Vec<i32>) {
    let rate = |second| if (600..900).contains(&second) { 200.0 } else { 0.0 };
    let traffic = Profile::new(0, (0..3600).map(rate).collect()).unwrap();
    let service = Service::new(ServiceTime::new(0.05, 1.0).unwrap(), 4).unwrap();
    let scenario =
        Scenario { outages: outage.into_iter().collect(), ..Scenario::new(traffic, service, 1000, 0) };
    let signal = |name: &str| (name == "prometheus").then_some(Signal::Requests);
    let mut keda =
        Keda::new(scaled(SCALED).unwrap(), Flags::default(), Rules::of(Version::V1_37), 0, signal).unwrap();
    let mut wanted = Wanted::default();
    let ledger = simulate(&scenario, &mut keda, &mut wanted).unwrap();
    (ledger, wanted.0)
}

#[test]
fn keda_wakes_a_workload_scales_it_and_puts_it_to_rest() {
    let (ledger, wanted) = burst(None);
    assert_eq!(wanted[599], 0);
    let woken = ledger.changes.first().unwrap();
    assert!((600..=660).contains(&woken.at_s) && woken.why == "a trigger is active", "{woken:?}");
    assert!((10..=11).contains(&wanted[880]), "200 requests, 20 a replica: {}", wanted[880]);
    assert!(ledger.lost[0] > 1000, "until the first is there, there is nobody: {ledger:?}");
    assert_eq!(
        wanted[1700], 0,
        "it rests, long after the five minutes of its autoscaler: {:?}",
        ledger.changes
    );
    assert!((1801..2400).any(|second| wanted[second] == 4), "cron, from half past midnight");
    assert_eq!(wanted.last(), Some(&0));
}

#[test]
fn kedas_fallback_holds_where_its_query_fails() {
    let (_, wanted) = burst(Some(700..1500));
    assert!(
        wanted[721..1490].iter().all(|replicas| *replicas >= 6),
        "it does not rest: a fallback is active"
    );
    assert_eq!(wanted[1200..1490], [6; 290], "as the fallback says, once five minutes have gone by");
    let without = SCALED.replace("  fallback: {failureThreshold: 3, replicas: 6}\n", "");
    assert_eq!(scaled(&without).unwrap().fallback, None);
}

#[test]
fn what_of_keda_is_not_simulated_is_said() {
    let check = |from: &str, to: &str, wanted: &str| {
        let text = SCALED.replace(from, to);
        assert_ne!(text, SCALED);
        let said = scaled(&text).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    };
    check("threshold: \"20\", activation", "activation", "has no `threshold`");
    check("threshold: \"20\"", "threshold: \"few\"", "`few` is no number");
    check("30 0 * * *", "99 0 * * *", "`99` is no minute");
    check("30 0 * * *", "40 0 * * *", "`start` and `end` of a trigger `cron` are the same");
    check("timezone: UTC", "timezone: Utopia/City", "`Utopia/City` is no time zone");
    check("timezone: UTC, ", "", "has no `timezone`");
    check("replicas: 6}", "replicas: 6, behavior: more}", "`more` is no `fallback.behavior`");
    check("replicas: 6}", "replicas: 6, behavior: scalingModifiers}", "needs a formula");
    check("  cooldownPeriod: 120", "  idleReplicaCount: 0", "has to be below `minReplicaCount`");
    let modified = |modifiers: &str, wanted: &str| {
        check("  cooldownPeriod: 120", &format!("  advanced: {{scalingModifiers: {modifiers}}}"), wanted);
    };
    modified("{formula: a + b, target: \"2\"}", "a trigger `prometheus` has no `name`");
    let named = SCALED.replace("- type: prometheus", "- type: prometheus\n      name: load");
    let named = named.replace("- type: cron", "- type: cron\n      name: morning");
    let refused = |modifiers: &str, wanted: &str| {
        let advanced = format!("  advanced: {{scalingModifiers: {modifiers}}}");
        let said = scaled(&named.replace("  cooldownPeriod: 120", &advanced)).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    };
    refused(
        "{formula: load + evening, target: \"2\"}",
        "no trigger is called `evening`; there are `load`, `morning`",
    );
    refused("{formula: load + morning}", "a formula needs a `target`");
    refused("{formula: load, target: \"0\"}", "is not above 0");
    refused("{formula: load, target: \"2\", metricType: Utilization}", "no `metricType` of a formula");
    let unknown =
        Keda::new(scaled(SCALED).unwrap(), Flags::default(), Rules::of(Version::V1_37), 0, |_| None);
    assert_eq!(unknown.unwrap_err(), PolicyError::NoSignal("prometheus".to_owned()));
}
