//! Tags with too many values: what was to be judged is judged as if all had been kept, and nothing else is guessed.

use std::sync::Arc;

use loadline_measure::{
    BudgetText, Builtin, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText, read_run, write_run,
};
use loadline_verdict::{Budgets, Endpoints, Outcome, ProjectBudget, Route, judge};

fn threshold(selector: &str, expression: &str) -> ThresholdText {
    ThresholdText {
        selector: selector.to_owned(),
        expression: expression.to_owned(),
        ..ThresholdText::default()
    }
}

fn project(budgets: &mut Budgets, routes: &[(&str, &str)], budget: &BudgetText) {
    let mut endpoints = Endpoints::default();
    for (name, route) in routes {
        endpoints.push(*name, Route::parse(route).unwrap());
    }
    budgets.project = vec![ProjectBudget::parse(budget, &endpoints).unwrap()];
    budgets.endpoints = endpoints;
}

fn errors_of(endpoint: &str) -> BudgetText {
    BudgetText {
        endpoint: endpoint.to_owned(),
        quantity: "errors".to_owned(),
        limit: "1%".to_owned(),
        ..BudgetText::default()
    }
}

/// 1,000 requests with URLs and orders of their own: all but the first 60 fail, every fourth is named `checkout`.
fn recorded(budgets: &Budgets) -> Run {
    let schema = Schema::with_tag_set_limit(50);
    let builtin = Builtin::define(&schema).unwrap();
    budgets.register(&schema);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), schema);
    for id in 0..1000 {
        let failed = id >= 60;
        let (url, order) = (format!("http://shop.test/item/{id}?x=1"), id.to_string());
        let mut tags = vec![("method", "GET"), ("url", &url), ("order", &order)];
        tags.push(("status", if failed { "500" } else { "200" }));
        tags.push(("name", if id % 4 == 0 { "checkout" } else { &url }));
        let tags = recorder.tags(TagSetId::EMPTY, &tags);
        recorder.record(builtin.http_req_failed, f64::from(u8::from(failed)), tags);
        recorder.record(builtin.http_reqs, 1.0, tags);
        if id % 100 == 99 {
            run.push(id / 100, recorder.take_window());
        }
    }
    assert!(run.schema().is_folded());
    run
}

fn thresholds(texts: &[ThresholdText]) -> Budgets {
    let schema = Schema::new();
    Builtin::define(&schema).unwrap();
    Budgets::parse("shop.js", texts, &schema).unwrap()
}

#[test]
fn thresholds_and_budgets_see_every_value() {
    let mut budgets = thresholds(&[
        threshold("http_req_failed{name:checkout}", "rate<0.05"),
        threshold("http_reqs{status:500}", "count<1"),
        threshold("http_reqs{order:999}", "count==1"),
        threshold("http_reqs{order:none}", "count<1"),
    ]);
    project(&mut budgets, &[("byId", "GET /:kind/:id"), ("posts", "POST /item/:id")], &errors_of("byId"));
    let run = recorded(&budgets);
    let verdicts = judge(&run, &budgets);
    let judged: Vec<(Outcome, u64)> =
        verdicts.iter().map(|verdict| (verdict.outcome, verdict.values)).collect();
    assert_eq!(
        judged,
        [
            (Outcome::Fail, 250),
            (Outcome::Fail, 940),
            (Outcome::Pass, 1),
            (Outcome::Pass, 0),
            (Outcome::Fail, 1000)
        ]
    );
    // From its file it is judged the same.
    let file = write_run(&run, Vec::new()).unwrap();
    assert_eq!(judge(&read_run(file.as_slice()).unwrap().0, &budgets), verdicts);
}

#[test]
fn what_was_not_to_be_judged_when_it_was_recorded_is_no_data_and_fails() {
    let run = recorded(&Budgets::default());
    let mut budgets = thresholds(&[
        threshold("http_req_failed{name:checkout}", "rate<0.05"),
        // Zero would pass.
        threshold("http_reqs{order:999}", "count<1"),
        threshold("http_reqs{status:500}", "count==940"),
        threshold("http_reqs{status:500,order:}", "count<1"),
    ]);
    project(&mut budgets, &[("byId", "GET /:kind/:id")], &errors_of("byId"));
    // Missing data may be allowed; these data are not missing.
    budgets.allow_no_data = true;
    let verdicts = judge(&run, &budgets);
    let judged: Vec<(Outcome, bool)> =
        verdicts.iter().map(|verdict| (verdict.outcome, verdict.fails)).collect();
    let unknown = (Outcome::NoData, true);
    assert_eq!(judged, [unknown, unknown, (Outcome::Pass, false), (Outcome::Pass, false), unknown]);
    for (verdict, key) in [(0, "`name`"), (1, "`order`"), (4, "`name` and `url`")] {
        let evidence = &verdicts[verdict].evidence;
        assert!(evidence.contains(&format!("{key} had too many different values")), "{evidence}");
        assert!(evidence.contains("of the 1,000 values"), "{evidence}");
    }
}
