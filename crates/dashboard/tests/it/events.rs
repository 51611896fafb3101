//! What viewers are told, and what becomes of those who do not listen.

use serde_json::Value;

use crate::browser::{Told, Viewer, ask, host};
use crate::told::Telling;

/// A document as told.
fn document(told: &Told) -> Value {
    assert!(matches!(told.name.as_str(), "document" | "ended"), "{}", told.name);
    serde_json::from_str(&told.data).unwrap()
}

/// How many seconds somebody knows of who was told this last.
fn steps(told: &Told) -> u64 {
    serde_json::from_str::<Value>(&told.data).unwrap()["steps"].as_u64().unwrap()
}

#[test]
fn each_second_is_told_and_then_the_end() {
    let mut telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    let page = ask(address, "/", &host(address));
    assert!(page.status == 200 && page.body.contains("data-events=\"/events\""), "{}", page.body);
    let mut viewer = Viewer::open(address, None);
    let first = viewer.next().unwrap();
    assert_eq!((document(&first)["name"].as_str(), steps(&first)), (Some("mix.ts"), 0));
    for second in 0..3 {
        telling.second(second, 2);
        let told = viewer.next().unwrap();
        assert_eq!((told.name.as_str(), steps(&told)), ("second", second + 1));
    }
    // Whoever comes now is told all of it.
    let mut late = Viewer::open(address, None);
    let whole = late.next().unwrap();
    assert_eq!((whole.name.as_str(), steps(&whole)), ("document", 3));
    assert_eq!(telling.channel.viewers(), 2);
    telling.end();
    for viewer in [&mut viewer, &mut late] {
        let last = viewer.next().unwrap();
        assert_eq!(last.name, "ended");
        let document = document(&last);
        assert_eq!(document["verdict"]["words"], "Nothing was required of this run");
        assert!(viewer.next().is_none(), "nothing comes after the end");
    }
    // Also later, as long as somebody answers.
    assert_eq!(Viewer::open(address, None).next().unwrap().name, "ended");
    telling.dashboard.close();
}

#[test]
fn what_happens_is_told_with_the_second_after_it_and_once() {
    let mut telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    let mut viewer = Viewer::open(address, None);
    assert!(document(&viewer.next().unwrap())["events"].as_array().unwrap().is_empty());
    let mut told = |telling: &mut Telling, second| {
        telling.second(second, 1);
        serde_json::from_str::<Value>(&viewer.next().unwrap().data).unwrap()["events"].clone()
    };
    assert!(told(&mut telling, 0).is_null());
    telling.restarts(1, "the database goes away, and is restarted");
    let events = told(&mut telling, 1);
    assert_eq!(events[0][0]["kind"], "restart");
    assert_eq!(events[0][0]["words"], "the database goes away, and is restarted");
    assert_eq!((events[0][0]["at_s"].as_f64(), events[1].as_u64()), (Some(1.0), Some(0)));
    assert!(told(&mut telling, 2).is_null());
    // Whoever comes later is told it too.
    let late = document(&Viewer::open(address, None).next().unwrap());
    assert_eq!(late["events"], events[0]);
}

#[test]
fn who_comes_back_goes_on_where_they_were() {
    let mut telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    let mut viewer = Viewer::open(address, None);
    let mut had = viewer.next().unwrap();
    for second in 0..3 {
        telling.second(second, 1);
        had = viewer.next().unwrap();
    }
    drop(viewer);
    telling.second(3, 1);
    telling.second(4, 1);
    let mut back = Viewer::open(address, Some(&had.id));
    for expected in [4, 5] {
        let told = back.next().unwrap();
        assert_eq!((told.name.as_str(), steps(&told)), ("second", expected));
    }
    // What another telling said is nothing to go on from, nor is what nobody said.
    for foreign in ["00000000-2", "x", "-1", ""] {
        assert_eq!(Viewer::open(address, Some(foreign)).next().unwrap().name, "document", "{foreign}");
    }
}

#[test]
fn a_run_that_breaks_off_says_so() {
    let mut telling = Telling::new("mix.ts");
    let mut viewer = Viewer::open(telling.dashboard.address(), None);
    viewer.next().unwrap();
    telling.break_off();
    assert_eq!(viewer.next().unwrap().name, "gone");
    assert!(viewer.next().is_none());
}

#[test]
fn one_who_does_not_read_holds_up_nobody() {
    let mut telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    let mut stalled = Viewer::open(address, None);
    let mut viewer = Viewer::open(address, None);
    viewer.next().unwrap();
    // More than is kept, and as much as a socket may take.
    let mut told = 0;
    for second in 0..600 {
        telling.second(second, 100);
        told += viewer.next().unwrap().data.len();
    }
    assert!(told > 1_000_000, "{told}");
    telling.end();
    assert_eq!(viewer.next().unwrap().name, "ended");
    // Who stalled is told all that happened meanwhile at once, and nothing that makes no sense to them.
    let mut known = steps(&stalled.next().unwrap());
    while let Some(next) = stalled.next() {
        match next.name.as_str() {
            "second" => assert_eq!(steps(&next), known + 1),
            _ => assert!(steps(&next) >= known),
        }
        known = steps(&next);
    }
    assert_eq!(known, 600);
    telling.dashboard.close();
}

#[test]
fn a_viewer_that_never_reads_does_not_keep_the_end_from_coming() {
    let mut telling = Telling::new("mix.ts");
    let _stalled = Viewer::open(telling.dashboard.address(), None);
    for second in 0..50 {
        telling.second(second, 500);
    }
    telling.end();
    telling.dashboard.close();
}

#[test]
fn a_hundred_viewers_are_told_the_same() {
    let mut telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    let mut viewers: Vec<Viewer> = (0..100).map(|_| Viewer::open(address, None)).collect();
    for viewer in &mut viewers {
        assert_eq!(viewer.next().unwrap().name, "document");
    }
    for second in 0..5 {
        telling.second(second, 20);
        let told: Vec<Told> = viewers.iter_mut().map(|viewer| viewer.next().unwrap()).collect();
        assert_eq!(steps(&told[0]), second + 1);
        assert!(told.iter().all(|one| *one == told[0]));
    }
    telling.end();
    for viewer in &mut viewers {
        assert_eq!(viewer.next().unwrap().name, "ended");
    }
}

#[test]
fn names_are_data_and_no_line_of_the_stream() {
    let mut telling = Telling::new("</script><b>\n\nevent: ended\ndata: null\n\n\u{1b}[2J");
    let address = telling.dashboard.address();
    let mut viewer = Viewer::open(address, None);
    let told = viewer.next().unwrap();
    assert_eq!(document(&told)["name"], "</script><b>\n\nevent: ended\ndata: null\n\n\u{1b}[2J");
    telling.second(0, 1);
    assert_eq!(viewer.next().unwrap().name, "second");
    let page = ask(address, "/", &host(address));
    assert!(!page.body.contains("</script><b>"), "{}", page.body);
}
