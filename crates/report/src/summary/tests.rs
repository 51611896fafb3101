//! Pictures of the summary. Look at them before accepting a change: `cargo run --example gallery`.

use std::sync::Arc;

use loadline_measure::{MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Unit};
use loadline_units::TimeUnit;

use super::*;
use crate::data::TrendStat;
use crate::text::{Theme, render};
use crate::{judged, made_up};

fn picture(options: &SummaryOptions, theme: &Theme) -> String {
    let run = made_up::run();
    render(&summary(&run, &judged::verdicts(&run), options), theme)
}

fn options(mode: SummaryMode, width: usize) -> SummaryOptions {
    SummaryOptions { mode, width, ..SummaryOptions::default() }
}

#[test]
fn compact() {
    insta::assert_snapshot!("compact_120", picture(&options(SummaryMode::Compact, 120), &Theme::plain()));
    insta::assert_snapshot!("compact_80", picture(&options(SummaryMode::Compact, 80), &Theme::plain()));
    insta::assert_snapshot!("compact_50", picture(&options(SummaryMode::Compact, 50), &Theme::plain()));
}

#[test]
fn full() {
    insta::assert_snapshot!("full_120", picture(&options(SummaryMode::Full, 120), &Theme::plain()));
}

#[test]
fn legacy() {
    insta::assert_snapshot!("legacy_120", picture(&options(SummaryMode::Legacy, 120), &Theme::plain()));
}

#[test]
fn colours() {
    let text = picture(&options(SummaryMode::Compact, 80), &Theme::colour());
    insta::assert_snapshot!("colours", text.replace('\x1b', "^"));
    assert!(!picture(&options(SummaryMode::Full, 80), &Theme::plain()).contains('\x1b'));
}

#[test]
fn chosen_statistics_and_unit() {
    let options = SummaryOptions {
        trend_stats: TrendStat::parse_list("count,p(99),p(99.99)").unwrap(),
        time_unit: TimeUnit::Seconds,
        ..options(SummaryMode::Compact, 120)
    };
    let text = picture(&options, &Theme::plain());
    let line = text.lines().find(|line| line.contains("http_req_duration...")).unwrap();
    insta::assert_snapshot!(line, @"    http_req_duration..............: count=1,200 p(99)=1.98s p(99.99)=3.76s");
}

#[test]
fn figures_wrap_before_the_edge() {
    let run = made_up::run_of_seconds(2);
    let verdicts = judged::verdicts(&run);
    for mode in [SummaryMode::Compact, SummaryMode::Full, SummaryMode::Legacy] {
        for width in 60..140 {
            for line in summary(&run, &verdicts, &options(mode, width)) {
                assert!(line.width() <= width, "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn a_run_that_measured_nothing_says_so() {
    let run = Run::new(RunMeta::default(), Schema::new());
    insta::assert_snapshot!(render(&summary(&run, &[], &SummaryOptions::default()), &Theme::plain()), @r"
      █ TOTAL RESULTS

        no data: nothing was measured
    ");
}

#[test]
fn long_and_hostile_names_keep_their_line() {
    let schema = Schema::new();
    let long = "a_metric_with_a_name_that_somebody_thought_should_tell_its_whole_story";
    let metric = schema.define(long, MetricKind::Trend, Unit::Milliseconds).unwrap();
    let checks = schema.define("checks", MetricKind::Rate, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    recorder.record(metric, 12.5, TagSetId::EMPTY);
    let tags =
        recorder.tags(TagSetId::EMPTY, &[("check", "\x1b]0;owned\x07 ok\u{202e}"), ("group", "::日本語")]);
    recorder.record(checks, 1.0, tags);
    let mut run = Run::new(RunMeta::default(), schema);
    run.push(0, recorder.take_window());
    insta::assert_snapshot!("long", render(&summary(&run, &[], &SummaryOptions::default()), &Theme::plain()));
}

#[test]
fn a_saturated_generator_is_said_above_the_thresholds_with_its_figures() {
    let schema = Schema::new();
    let builtin = loadline_measure::Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    recorder.record(builtin.iterations, 1.0, TagSetId::EMPTY);
    recorder.record(builtin.generator_cpu, 1.98, TagSetId::EMPTY);
    recorder.record(builtin.generator_loop_lag, 12.5, TagSetId::EMPTY);
    let thresholds = [loadline_measure::ThresholdText {
        selector: "iterations".to_owned(),
        expression: "count>0".to_owned(),
        ..Default::default()
    }];
    let budgets = loadline_verdict::Budgets::parse("test", &thresholds, &schema).unwrap();
    let mut run = Run::new(RunMeta::default(), schema);
    run.push(0, recorder.take_window());
    let text = |run: &Run, mode| {
        let verdicts = loadline_verdict::judge(run, &budgets);
        render(&summary(run, &verdicts, &options(mode, 80)), &Theme::plain())
    };
    let calm = text(&run, SummaryMode::Compact);
    assert!(!calm.contains("GENERATOR") && !calm.contains("trustworthy"), "{calm}");
    assert!(text(&run, SummaryMode::Full).contains("GENERATOR"));
    assert!(!text(&run, SummaryMode::Legacy).contains("generator_cpu"));
    run.meta.saturation = Some(loadline_measure::Saturation {
        evidence: vec!["it used 1.98 of 2 cores on average".to_owned()],
    });
    assert!(text(&run, SummaryMode::Legacy).contains("! not trustworthy: generator saturated"));
    insta::assert_snapshot!(text(&run, SummaryMode::Compact), @r"
      █ THRESHOLDS

        ! not trustworthy: generator saturated
          ↳ it used 1.98 of 2 cores on average

        iterations
        ✓ 'count>0' count=1 (not trustworthy)

      █ TOTAL RESULTS

        EXECUTION
        iterations...........: 1      1/s

        GENERATOR
        generator_cpu........: 1.98   min=1.98   max=1.98
        generator_loop_lag...: 12.5ms min=12.5ms max=12.5ms
    ");
}

#[test]
fn modes_are_parsed_strictly() {
    assert_eq!("full".parse(), Ok(SummaryMode::Full));
    assert!("verbose".parse::<SummaryMode>().unwrap_err().to_string().contains("`verbose`"));
}
