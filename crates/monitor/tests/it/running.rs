//! Requests of servers that are not tower's: begun by hand, on every way they can end.

use std::future::pending;

use http::{Request, Response, StatusCode};
use loadline_monitor::{LoadTest, Monitor, Name};

use crate::text::{scrape, value};

#[tokio::test]
async fn a_request_that_was_begun_by_hand_is_counted_once_however_it_ends() {
    let monitor = Monitor::default();
    let begin = || {
        let request = Request::get("/items/7").body(()).unwrap();
        monitor.begin(&request, Name::Route("/items/{id}"), LoadTest::No)
    };
    let mut found = begin();
    let answer =
        found.around(async { Response::builder().status(StatusCode::CREATED).body(()).unwrap() }).await;
    found.answered(&answer);
    begin().failed();
    // Given up while it was answered, and before.
    let given_up = tokio::spawn({
        let mut running = begin();
        async move { running.around(pending::<()>()).await }
    });
    tokio::task::yield_now().await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    drop(begin());
    let panics = tokio::spawn({
        let mut running = begin();
        async move { running.around(async { panic!("a fault") }).await }
    });
    assert!(panics.await.unwrap_err().is_panic());

    let text = scrape(&monitor);
    let count = |status: u16| {
        let labels = format!(r#"method="GET",endpoint="/items/{{id}}",status="{status}""#);
        value(&text, &format!("api_request_duration_ms_count{{{labels}}}")).unwrap_or(0.0)
    };
    assert_eq!([201, 499, 500].map(count), [1.0, 2.0, 2.0], "{text}");
    let active = r#"http_server_active_requests{http_request_method="GET",url_scheme="http"}"#;
    assert_eq!(value(&text, active), Some(0.0), "{text}");
}
