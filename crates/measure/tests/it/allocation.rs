//! Recording allocates nothing once everything was seen: counted by the allocator itself.

#![expect(
    unsafe_code,
    reason = "an allocator cannot be written without it; this one only counts and passes on"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Builtin, HttpOutcome, HttpRequest, LateStart, MetricId, Phases, Recorder, Schema, ServerTiming, TagSetId,
    Tags,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

// SAFETY: passes everything on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Fails only while the thread ends, when nobody counts any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        let _ = HELD.try_with(|held| {
            held.set(held.get() + layout.size() as i64);
            let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
        });
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = HELD.try_with(|held| held.set(held.get() - layout.size() as i64));
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that this thread holds at a time, beside those it holds already.
pub(crate) fn peak(work: impl FnOnce()) -> i64 {
    let before = HELD.get();
    PEAK.set(before);
    work();
    PEAK.get() - before
}

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn a_request_with_what_its_server_tells_allocates_nothing() {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags = Tags::default();
    let mut record = |numbers: [u32; 3]| {
        let [total, pool, query] = numbers;
        // Without an allocation of its own.
        let mut field = [0_u8; 64];
        let mut rest = &mut field[..];
        write!(rest, "total;dur={total}, pool;dur={pool}.5, db.select-users;dur={query}").unwrap();
        let length = 64 - rest.len();
        let request = HttpRequest {
            outcome: HttpOutcome::Answered { status: 200, proto: "HTTP/1.1" },
            phases: Phases { waiting: Duration::from_millis(60), ..Phases::default() },
            server_timing: ServerTiming::of([&field[..length]]),
            ..HttpRequest::unsent("GET", "/", 0, "")
        };
        request.record(&mut recorder, &builtin, &LateStart::default(), &tags, &tags);
    };
    for _ in 0..2000 {
        record([40, 10, 20]);
    }
    assert_eq!(allocations(|| (0..500).for_each(|n| record([30 + n % 20, n % 9, n % 11]))), 0);
}

#[test]
fn the_steady_state_allocates_nothing() {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    schema.add_limit(builtin.http_req_duration, 500.0);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search"), ("group", "")]);
    let metrics: [MetricId; 5] = [
        builtin.http_req_duration,
        builtin.http_req_waiting,
        builtin.http_reqs,
        builtin.http_req_failed,
        builtin.vus,
    ];
    // From a few values in a window to far more than are kept raw.
    let second = |recorder: &mut Recorder| {
        for request in 0..5000 {
            let status = if request % 10 == 0 { "500" } else { "200" };
            let tags = recorder.tags(base, &[("status", status), ("method", "GET"), ("name", "/search")]);
            for metric in metrics {
                recorder.record(metric, f64::from(request % 977) * 0.731, tags);
            }
        }
    };
    second(&mut recorder);
    recorder.take_window();
    for _ in 0..3 {
        assert_eq!(allocations(|| second(&mut recorder)), 0);
        recorder.take_window();
    }
}

#[test]
fn a_script_with_too_many_urls_allocates_nothing_either() {
    let schema = Schema::with_tag_set_limit(100);
    let mut recorder = Recorder::new(schema);
    let urls: Vec<String> = (0..1000).map(|id| format!("https://shop.test/{id}")).collect();
    let request = |recorder: &mut Recorder, url: &str| {
        recorder.tags(TagSetId::EMPTY, &[("url", url), ("name", url), ("status", "200")]);
    };
    for url in &urls[..500] {
        request(&mut recorder, url);
    }
    assert_eq!(allocations(|| urls[500..].iter().for_each(|url| request(&mut recorder, url))), 0);
}
