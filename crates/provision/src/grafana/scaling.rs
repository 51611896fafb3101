//! Scaling: how many replicas there are, what each of them carries, and what the autoscaler goes by.

use super::layout::Section;
use super::panel::Panel;
use super::queries::{Requests, Whose, chosen, sum};
use crate::source::Source;

pub(super) fn sections(source: &Source) -> Vec<Section> {
    let settings = &source.settings;
    let requests = Requests { settings, whose: Whose::Users };
    // Whoever sends them, replicas have to carry them.
    let suffix = if settings.names.native { "" } else { "_count" };
    let all = format!("{}{suffix}{{{}}}", settings.names.histogram, chosen(settings).join(","));
    let rate = |by: &str| {
        let rate = sum(by, &all);
        if settings.names.native { format!("histogram_count({rate})") } else { rate }
    };
    let of = chosen(settings).join(",");
    let cpu = format!("process_cpu_seconds_total{{{of}}}");
    let up = "up{job=~\"$service\",instance=~\"$instance\"}";
    let replicas = vec![
        Panel::courses("Replicas", "short", "Instances that can be scraped, and those that are known.")
            .asks(format!("sum by (job) ({up})"), "{{job}} up")
            .asks(format!("count by (job) ({up})"), "{{job}} known"),
        Panel::courses(
            "Requests per replica",
            "reqps",
            "Users and load tests, by instance: even, if the balancer is.",
        )
        .asks(rate("instance"), "{{instance}}")
        .stacked(),
        Panel::courses("Processor per replica", "short", "Cores in use, by instance.")
            .asks(sum("instance", &cpu), "{{instance}}"),
        Panel::courses(
            "Response time by replica, p95",
            requests.unit(),
            "One that is slower than the others is ill.",
        )
        .asks(requests.quantile(0.95, "instance", &requests.of_chosen()), "{{instance}}"),
    ];
    let together = vec![
        Panel::courses("Load", "reqps", "All requests per second: what the replicas are for.")
            .asks(rate("job"), "{{job}}"),
        Panel::courses("Processor", "short", "Cores in use, of all replicas together.")
            .asks(sum("job", &cpu), "{{job}}"),
        Panel::courses(
            "Processor per request",
            "s",
            "Seconds of a core that a request takes: what more replicas do not change.",
        )
        .asks(format!("{} / ({} > 0)", sum("job", &cpu), rate("job")), "{{job}}"),
    ];
    let hpa = |name: &str| {
        format!("kube_horizontalpodautoscaler_{name}{{horizontalpodautoscaler=~\"$autoscaler\"}}")
    };
    let cluster = vec![
        Panel::courses("Autoscaler", "short", "Replicas that there are and that there shall be, and its limits (kube-state-metrics).")
            .asks(hpa("status_current_replicas"), "{{horizontalpodautoscaler}} now")
            .asks(hpa("status_desired_replicas"), "{{horizontalpodautoscaler}} wanted")
            .asks(hpa("spec_min_replicas"), "{{horizontalpodautoscaler}} least")
            .asks(hpa("spec_max_replicas"), "{{horizontalpodautoscaler}} most"),
        Panel::courses("At its limit", "none", "1 while the autoscaler wants more replicas than it may have.")
            .asks(
                "max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_condition{condition=\"ScalingLimited\",status=\"true\",horizontalpodautoscaler=~\"$autoscaler\"})",
                "{{horizontalpodautoscaler}}",
            )
            .most(1.0),
    ];
    vec![
        Section::new("Replicas", 2, replicas),
        Section::new("All together", 3, together),
        Section::new("In Kubernetes", 2, cluster),
    ]
}
