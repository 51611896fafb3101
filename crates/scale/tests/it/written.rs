//! Manifests that are written: valid by the public types and schemas, and read back as the policy they are of.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use loadline_scale::cluster::CONTAINER;
use loadline_scale::hpa::{
    Amount, Behavior, Metric, Policy, RatePolicy, ScalingRules, Select, Source, Target,
};
use loadline_scale::manifests::{
    DeclaredKind, Intended, Manifests, Pods, Scaled, Times, Trigger, Whys, WriteError, Written, write,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::schema::errors;

/// The definition of KEDA's kind, as its project publishes it.
const KEDA: &str = include_str!("../data/keda-scaledobject.yaml");

fn pods() -> Pods {
    Pods {
        request_milli: 500,
        ready_s: 7,
        accepts_s: 5,
        grace_s: 30,
        image: Some("shop/search:7".to_owned()),
        port: 8080,
        probe: "/ready".to_owned(),
    }
}

fn whys() -> Whys {
    let top = vec!["Made by a test.".to_owned(), "It is: \"so\" # and\nso".to_owned()];
    let min = "least".to_owned();
    Whys { top, min, target: "a target\nof two lines".to_owned(), ..Whys::default() }
}

fn written(policy: &DeclaredKind, before: &Manifests, pods: &Pods) -> Result<Vec<Written>, WriteError> {
    let declared = before.autoscalers.first();
    let deployed = declared.and_then(|declared| before.deployment_of(declared));
    write(&Intended { name: "search", policy, declared, deployed, pods, whys: &whys() })
}

fn back(files: &[Written]) -> Manifests {
    let mut manifests = Manifests::default();
    for file in files {
        manifests.add(file.name, &file.text).unwrap_or_else(|error| panic!("{error}\n{}", file.text));
    }
    manifests
}

fn json(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// What Kubernetes' own types make of a document has to be all of it: a field that they do not know would be gone, and
/// one of another kind is an error.
fn check<T: Serialize + DeserializeOwned>(text: &str) {
    let before = json(text);
    let typed: T = serde_json::from_value(before.clone()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let after = serde_json::to_value(typed).unwrap();
    let lost = lost(&before, &after, "");
    assert!(lost.is_empty(), "{lost:?}\n{text}");
}

/// What is in the one and not, or otherwise, in the other.
fn lost(before: &Value, after: &Value, at: &str) -> Vec<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .flat_map(|(name, value)| {
                lost(value, after.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"))
            })
            .collect(),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).flat_map(|(one, other)| lost(one, other, at)).collect()
        }
        (before, after) if before == after => Vec::new(),
        _ => vec![format!("{at}: {before} became {after}")],
    }
}

/// What KEDA's own schema has against a document.
fn against_keda(text: &str) -> Vec<String> {
    let definition: Value = json(KEDA);
    errors(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"], &json(text), "")
}

fn any_rules() -> impl Strategy<Value = ScalingRules> {
    let amount = prop_oneof![(1..1000).prop_map(Amount::Pods), (1..1000).prop_map(Amount::Percent)];
    let policy = (amount, 1..=1800_i64).prop_map(|(amount, s)| RatePolicy { amount, period_ms: s * 1000 });
    let select = prop::sample::select(vec![Select::Max, Select::Min, Select::Disabled]);
    let tolerance = prop::option::of((0..=1000_i32).prop_map(|share| f64::from(share) / 1000.0));
    (0..=3600_i64, select, prop::collection::vec(policy, 1..4), tolerance).prop_map(
        |(window_s, select, policies, tolerance)| ScalingRules {
            window_ms: Some(window_s * 1000),
            select,
            policies,
            tolerance,
        },
    )
}

fn any_behavior() -> impl Strategy<Value = Option<Behavior>> {
    let behavior = (any_rules(), any_rules(), any::<bool>()).prop_map(|(up, mut down, own)| {
        // The controller's own time is one that nobody writes.
        down.window_ms = down.window_ms.filter(|_| own);
        Behavior { up, down }
    });
    prop::option::of(behavior)
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let cpu = (1..1000_i32, any::<bool>()).prop_map(|(percent, of_container)| Metric {
        name: "cpu".to_owned(),
        source: Source::Resource {
            name: "cpu".to_owned(),
            // Simulated pods have one container.
            container: of_container.then(|| CONTAINER.to_owned()),
        },
        target: Some(Target::Utilization(percent)),
    });
    let target = prop_oneof![
        (1..1_i64 << 40).prop_map(Target::AverageValue),
        (1..1_i64 << 40).prop_map(Target::Value)
    ];
    let source = prop::sample::select(vec![Source::Pods, Source::External]);
    let named = ("[a-z][a-z0-9_]{0,20}", source, target).prop_map(|(name, source, target)| Metric {
        name,
        source,
        target: Some(target),
    });
    prop_oneof![cpu, named]
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let metrics = prop::collection::vec(any_metric(), 1..4);
    (0..50_i32, 0..1000_i32, metrics, any_behavior()).prop_map(|(min, more, metrics, behavior)| Policy {
        min,
        max: min + more.max(1),
        metrics,
        behavior,
    })
}

fn any_pods() -> impl Strategy<Value = Pods> {
    let image = prop::option::of(Just("shop/search:7".to_owned()));
    (1..100_000_i64, 0..600_u64, 0..600_u64, 0..600_u64, image).prop_map(
        |(request_milli, ready_s, accepts_s, grace_s, image)| Pods {
            request_milli,
            ready_s,
            accepts_s,
            grace_s,
            image,
            ..pods()
        },
    )
}

/// Times of more replicas, some of them with a name that YAML would take for something else.
fn any_times() -> impl Strategy<Value = Times> {
    let field = |least: u8, most: u8| {
        prop_oneof![
            Just("*".to_owned()),
            (least..=most).prop_map(|value| value.to_string()),
            (least..=most, least..=most).prop_map(|(one, other)| format!(
                "{}-{}",
                one.min(other),
                one.max(other)
            )),
            (1..=most).prop_map(|step| format!("*/{step}")),
        ]
    };
    let cron = move || {
        // Days that no month lacks.
        let fields = (field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6));
        fields.prop_map(|(minute, hour, day, month, weekday)| {
            format!("{minute} {hour} {day} {month} {weekday}")
        })
    };
    let zone = prop::sample::select(vec!["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]);
    let name = prop::option::of(prop_oneof!["[a-z][a-z-]{0,20}", "\\PC{1,20}", Just("null".to_owned())]);
    (name, cron(), cron(), zone, 0..1000_i32).prop_filter_map(
        "a start that is the end says nothing",
        |(name, start, end, zone, replicas)| {
            Times::new(name, (&start, &end), zone, &replicas.to_string()).ok()
        },
    )
}

proptest! {
    #[test]
    fn a_policy_is_read_back_from_its_manifests(policy in any_policy(), pods in any_pods()) {
        let kind = DeclaredKind::Hpa(policy);
        let files = written(&kind, &Manifests::default(), &pods).unwrap();
        check::<HorizontalPodAutoscaler>(&files[0].text);
        check::<PodDisruptionBudget>(&files[1].text);
        check::<Deployment>(&files[2].text);
        let read = back(&files);
        prop_assert_eq!(&read.autoscalers[0].kind, &kind, "{}", files[0].text);
        let deployed = read.deployment_of(&read.autoscalers[0]).unwrap();
        prop_assert_eq!(deployed.replicas, None);
        prop_assert_eq!(deployed.request_milli, Some(pods.request_milli));
        prop_assert_eq!(
            (deployed.ready_s, deployed.accepts_s, deployed.grace_s),
            (Some(pods.ready_s), Some(pods.accepts_s), Some(pods.grace_s))
        );
        // Written again over itself it is the same.
        prop_assert_eq!(back(&written(&kind, &read, &pods).unwrap()).autoscalers[0].kind.clone(), kind);
    }

    #[test]
    fn kedas_own_are_read_back_too(
        policy in any_policy(), pods in any_pods(), other in 1..1000_i32,
        times in prop::collection::vec(any_times(), 0..3),
    ) {
        let cpu = Metric {
            name: "cpu".to_owned(),
            source: Source::Resource { name: "cpu".to_owned(), container: None },
            target: Some(Target::Utilization(other)),
        };
        let mut scaled = Scaled::of_policy(&Policy { metrics: vec![cpu], ..policy }).unwrap();
        scaled.triggers.extend(times.into_iter().map(|times| Trigger::Cron(Box::new(times))));
        let kind = DeclaredKind::Scaled(scaled);
        let files = written(&kind, &Manifests::default(), &pods).unwrap();
        let errors = against_keda(&files[0].text);
        prop_assert!(errors.is_empty(), "{:?}\n{}", errors, files[0].text);
        prop_assert_eq!(&back(&files).autoscalers[0].kind, &kind, "{}", files[0].text);
    }
}

#[test]
fn the_schemas_know_what_is_wrong() {
    let kind = DeclaredKind::Scaled(Scaled::of_policy(&policy(60)).unwrap());
    let text = &written(&kind, &Manifests::default(), &pods()).unwrap()[0].text;
    for (from, to) in
        [("minReplicaCount", "minReplicas"), ("type: cpu", "kind: cpu"), ("value: \"60\"", "value: 60")]
    {
        assert!(text.contains(from), "{text}");
        assert!(!against_keda(&text.replace(from, to)).is_empty(), "{to}");
    }
    let known = |text: &str| {
        let before = json(text);
        let typed = serde_json::from_value::<HorizontalPodAutoscaler>(before.clone());
        typed.is_ok_and(|typed| lost(&before, &serde_json::to_value(typed).unwrap(), "").is_empty())
    };
    let text = &written(&DeclaredKind::Hpa(policy(60)), &Manifests::default(), &pods()).unwrap()[0].text;
    assert!(known(text));
    assert!(!known(&text.replace("minReplicas", "minReplicaCount")));
    assert!(!known(&text.replace("averageUtilization: 60", "averageUtilization: many")));
}

fn policy(percent: i32) -> Policy {
    let metric = Metric {
        name: "cpu".to_owned(),
        source: Source::Resource { name: "cpu".to_owned(), container: None },
        target: Some(Target::Utilization(percent)),
    };
    Policy { min: 2, max: 9, metrics: vec![metric], behavior: None }
}

/// A shop's own manifests, with much that scaling is not about.
const THEIRS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: search, namespace: shop, labels: {team: "42"}, uid: 1b4}
spec:
  replicas: 3
  selector: {matchLabels: {app: search}}
  template:
    metadata: {labels: {app: search}}
    spec:
      serviceAccountName: search
      containers:
        - name: app
          image: shop/search:1
          env: [{name: DEBUG, value: "no"}]
          resources: {requests: {cpu: 300m, memory: 256Mi}, limits: {memory: 512Mi}}
          readinessProbe: {exec: {command: [/check, "--deep"]}, initialDelaySeconds: 7}
          lifecycle: {preStop: {exec: {command: [sh, -c, "sleep 5"]}}}
status: {replicas: 3}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: search-hpa, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: search}
  minReplicas: 1
  maxReplicas: 5
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
    - type: Object
      object:
        metric: {name: depth, selector: {matchLabels: {queue: search}}}
        describedObject: {apiVersion: v1, kind: Service, name: queue}
        target: {type: Value, value: 2k}
"#;

#[test]
fn what_is_there_stays_as_it_is_but_for_the_policy() {
    let mut before = Manifests::default();
    before.add("theirs.yaml", THEIRS).unwrap();
    let DeclaredKind::Hpa(mut policy) = before.autoscalers[0].kind.clone() else { panic!() };
    policy.max = 12;
    policy.metrics[0].target = Some(Target::Utilization(60));
    let kind = DeclaredKind::Hpa(policy);
    let files = written(&kind, &before, &pods()).unwrap();
    let (hpa, budget, workload) = (json(&files[0].text), json(&files[1].text), json(&files[2].text));
    check::<HorizontalPodAutoscaler>(&files[0].text);
    check::<PodDisruptionBudget>(&files[1].text);
    check::<Deployment>(&files[2].text);
    assert_eq!(hpa["metadata"]["name"], "search-hpa");
    assert_eq!(hpa["spec"]["maxReplicas"], 12);
    let object = &hpa["spec"]["metrics"][1]["object"];
    assert_eq!(object["metric"]["selector"]["matchLabels"]["queue"], "search");
    assert_eq!(object["target"]["value"], "2000");
    assert_eq!(budget["spec"]["selector"]["matchLabels"]["app"], "search");
    assert_eq!(budget["metadata"]["namespace"], "shop");
    assert_eq!((&workload["status"], &workload["metadata"]["uid"]), (&Value::Null, &Value::Null));
    assert_eq!(workload["metadata"]["labels"]["team"], "42");
    let pod = &workload["spec"]["template"]["spec"];
    assert_eq!((&workload["spec"]["replicas"], &pod["serviceAccountName"]), (&Value::Null, &"search".into()));
    let container = &pod["containers"][0];
    assert_eq!(container["image"], "shop/search:1");
    assert_eq!(container["env"][0]["value"], "no");
    assert_eq!(container["resources"]["requests"]["cpu"], "500m");
    assert_eq!(container["resources"]["requests"]["memory"], "256Mi");
    assert_eq!(container["readinessProbe"]["exec"]["command"][1], "--deep");
    assert_eq!(container["startupProbe"]["exec"]["command"][1], "--deep");
    assert_eq!(container["lifecycle"]["preStop"]["exec"]["command"][2], "sleep 5");
    assert_eq!(back(&files).autoscalers[0].kind, kind);
}

#[test]
fn what_a_policy_does_not_say_is_not_made_up() {
    let mut of_object = policy(60);
    of_object.metrics[0] =
        Metric { name: "depth".to_owned(), source: Source::Object, target: Some(Target::Value(1)) };
    let nothing = Manifests::default();
    let refused =
        |policy: Policy| written(&DeclaredKind::Hpa(policy), &nothing, &pods()).unwrap_err().to_string();
    assert!(refused(of_object.clone()).contains("which object it is of"));
    assert!(Scaled::of_policy(&of_object).unwrap_err().to_string().contains("metric `depth` cannot become"));
    let two = THEIRS.replace(
        "        - name: app\n",
        "        - name: proxy\n          resources: {requests: {cpu: 100m}}\n        - name: app\n",
    );
    assert_ne!(two, THEIRS);
    let mut before = Manifests::default();
    before.add("theirs.yaml", &two).unwrap();
    let kind = before.autoscalers[0].kind.clone();
    let said = written(&kind, &before, &pods()).unwrap_err().to_string();
    assert!(said.contains("Deployment/search has several containers, which request 400m together"), "{said}");
    let as_before = Pods { request_milli: 400, ..pods() };
    let files = written(&kind, &before, &as_before).unwrap();
    assert_eq!(back(&files).deployments[0].request_milli, Some(400));
}
