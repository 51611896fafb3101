//! Counters of services from scrape to scrape: restarts, gaps and replicas by hand, and any course of them by chance.

use proptest::prelude::*;

use super::*;
use crate::objective::{Indicator, Objective};
use crate::tally::Tally;

const STEP_S: i64 = 60;

fn settings() -> Settings {
    Settings { step_s: STEP_S as u64, ..Settings::default() }
}

fn objective(indicator: Indicator) -> Objective {
    Objective {
        endpoint: "a".to_owned(),
        method: None,
        path: "/a".to_owned(),
        condition: String::new(),
        indicator,
        permitted: 0.05,
        allow_no_data: false,
    }
}

/// Requests of a replica so far: fast, slow, and how many of all failed.
fn text([fast, slow, failed]: [u64; 3]) -> String {
    let all = fast + slow;
    let mut text = String::new();
    for (status, fast, all) in [("200", fast, all - failed), ("500", 0, failed)] {
        let labels = format!("endpoint=\"a\",status=\"{status}\"");
        let fast = fast.min(all);
        text += &format!(
            "api_request_duration_ms_bucket{{{labels},le=\"500\"}} {fast}\n\
             api_request_duration_ms_bucket{{{labels},le=\"+Inf\"}} {all}\n\
             api_request_duration_ms_count{{{labels}}} {all}\n"
        );
    }
    text
}

/// Bad and all requests of the stretch, of the budget on slow ones and of the one on failures.
fn closed(scraped: &mut Scraped, end_s: i64) -> [Option<(f64, f64)>; 2] {
    let objectives = vec![objective(Indicator::Slow { limit_ms: 500.0 }), objective(Indicator::Failed)];
    let mut tally = Tally::new(settings(), objectives);
    tally.set_bounds(scraped.bounds(), end_s);
    let cells = tally.cells(&scraped.close(end_s), &[end_s]);
    [0, 1].map(|position: usize| cells[position][0].map(|cell| (cell.bad, cell.total)))
}

#[test]
fn what_came_between_scrapes_is_counted_exactly() {
    let mut scraped = Scraped::new(&settings(), 2).unwrap();
    // The first scrape of each says nothing.
    scraped.take(0, 0, &text([100, 10, 5])).unwrap();
    scraped.take(1, 0, &text([1000, 0, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 0), [None, None]);
    scraped.take(0, 30, &text([110, 12, 5])).unwrap();
    scraped.take(0, 60, &text([120, 12, 6])).unwrap();
    scraped.take(1, 60, &text([1100, 0, 0])).unwrap();
    // 20 fast and 2 slow of one, 100 fast of the other; the failure was one of the fast.
    assert_eq!(closed(&mut scraped, 60), [Some((2.0, 122.0)), Some((1.0, 122.0))]);
    // Nothing came, which is known.
    scraped.take(0, 120, &text([120, 12, 6])).unwrap();
    assert_eq!(closed(&mut scraped, 120), [Some((0.0, 0.0)), Some((0.0, 0.0))]);
    // One starts again: all it has came since, also where a number is higher than before.
    scraped.take(0, 180, &text([110, 40, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 180)[0], Some((40.0, 150.0)));
}

#[test]
fn what_nobody_read_is_in_no_window_and_counted() {
    let mut scraped = Scraped::new(&settings(), 1).unwrap();
    scraped.take(0, 0, &text([100, 0, 0])).unwrap();
    assert!(scraped.take(0, 15, "<html>").is_err());
    // A scrape that failed within a stretch loses nothing.
    scraped.take(0, 60, &text([160, 0, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 60)[0], Some((0.0, 160.0 - 100.0)));
    // Three minutes of nothing.
    scraped.take(0, 240, &text([200, 50, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 240), [None, None]);
    assert_eq!(scraped.dropped().requests, 90.0);
    scraped.take(0, 300, &text([201, 50, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 300)[0], Some((0.0, 1.0)));
}

#[test]
fn a_series_that_is_new_began_at_none_and_one_that_is_back_did_not() {
    let mut scraped = Scraped::new(&settings(), 1).unwrap();
    scraped.take(0, 0, "other 1\n").unwrap();
    scraped.take(0, 60, &text([7, 0, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 60)[0], Some((0.0, 7.0)));
    scraped.take(0, 120, "other 1\n").unwrap();
    assert_eq!(closed(&mut scraped, 120), [None, None], "vanished");
    scraped.take(0, 180, &text([9, 0, 0])).unwrap();
    assert_eq!(closed(&mut scraped, 180), [None, None]);
    assert_eq!(scraped.dropped().requests, 2.0);
}

#[test]
fn too_many_series_are_left_out_and_counted() {
    let mut scraped = Scraped::new(&settings(), 1).unwrap();
    scraped.most = 3;
    let many = |number: u64| -> String {
        let line = |user| {
            format!(
                "api_request_duration_ms_count{{endpoint=\"a\",status=\"200\",user=\"{user}\"}} {number}\n"
            )
        };
        (0..5).map(line).collect()
    };
    scraped.take(0, 0, &many(1)).unwrap();
    scraped.take(0, 60, &many(3)).unwrap();
    assert_eq!(closed(&mut scraped, 60)[1], Some((0.0, 6.0)));
    assert_eq!(scraped.dropped().readings, 4);
}

#[test]
fn what_the_text_cannot_say_is_refused() {
    let mut native = settings();
    native.names.native = true;
    assert_eq!(Scraped::new(&native, 1).unwrap_err(), Unscrapable::Native);
    let failed = Settings { failed: "[45..".to_owned(), ..settings() };
    assert!(matches!(Scraped::new(&failed, 1), Err(Unscrapable::Failed(_))));
}

proptest! {
    /// However often replicas are read and start again at a scrape, no request is lost and none counts twice.
    #[test]
    fn every_request_is_counted_once(
        steps in prop::collection::vec(
            (prop::collection::vec((0u64..50, 0u64..9, 0u64..9, any::<bool>()), 2), any::<bool>()), 1..60,
        ),
    ) {
        let mut scraped = Scraped::new(&settings(), 2).unwrap();
        let mut counters = [[0_u64; 3]; 2];
        for (target, counter) in counters.iter().enumerate() {
            scraped.take(target, 0, &text(*counter)).unwrap();
        }
        let (mut expected, mut counted) = (0_u64, 0.0);
        let mut at_s = 0;
        for (replicas, closes) in &steps {
            at_s += 15;
            for (target, (fast, slow, failed, restarts)) in replicas.iter().enumerate() {
                let counter = &mut counters[target];
                let failed = *failed.min(&(fast + slow));
                // It starts again with less than it had, or nobody could tell.
                let [had, slow_had, failed_had] = *counter;
                let is_less = fast + slow - failed < had + slow_had - failed_had;
                if *restarts && is_less && (failed < failed_had || failed_had == 0) {
                    *counter = [0; 3];
                }
                *counter = [counter[0] + fast, counter[1] + slow, counter[2] + failed];
                expected += fast + slow;
                scraped.take(target, at_s, &text(*counter)).unwrap();
            }
            if *closes {
                counted += closed(&mut scraped, at_s)[0].map_or(0.0, |(_, total)| total);
            }
        }
        counted += closed(&mut scraped, at_s)[0].map_or(0.0, |(_, total)| total);
        prop_assert_eq!(counted, expected as f64);
        prop_assert_eq!(scraped.dropped(), Dropped::default());
    }
}
