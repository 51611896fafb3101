//! Who is let in, and what every answer says to a browser.

use loadline_dashboard::{Channel, Dashboard, DashboardError};

use crate::browser::{ask, host};
use crate::told::Telling;

#[test]
fn on_loopback_another_sites_name_reads_nothing() {
    let telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    assert_eq!(telling.dashboard.url("build-7"), format!("http://{address}/"));
    for path in ["/", "/events", "/page.js"] {
        let answer = ask(address, path, "host: evil.test\r\n");
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("127.0.0.1"), "{}", answer.body);
    }
    let other = format!("host: localhost:{}\r\n", address.port());
    assert_eq!(ask(address, "/", &other).status, 200);
    assert_eq!(ask(address, "/nothing", &host(address)).status, 404);
}

#[test]
fn every_answer_keeps_the_browser_from_going_elsewhere() {
    let telling = Telling::new("mix.ts");
    let address = telling.dashboard.address();
    for path in ["/", "/page.js", "/page.css", "/nothing"] {
        let answer = ask(address, path, &host(address));
        for said in [
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
            "cache-control: no-store",
        ] {
            assert!(answer.head.contains(said), "{path}: {}", answer.head);
        }
        assert!(!answer.head.contains("unsafe-inline"), "{}", answer.head);
    }
}

#[test]
fn where_others_can_come_they_need_the_token() {
    let channel = Channel::new();
    let dashboard = Dashboard::of_run("0.0.0.0:0".parse().unwrap(), &channel, None).unwrap();
    let port = dashboard.address().port();
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    assert_eq!(ask(address, "/", &host(address)).status, 403);
    let url = dashboard.url("build-7");
    let shown = url.strip_prefix(&format!("http://build-7:{port}")).unwrap();
    let answer = ask(address, shown, &host(address));
    assert_eq!(answer.status, 303);
    let cookie = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    assert!(answer.head.contains("\r\nlocation: /\r\n"), "{}", answer.head);
    let page = ask(address, "/", &format!("{}cookie: {cookie}\r\n", host(address)));
    assert_eq!(page.status, 200);
    let token = cookie.split('=').nth(1).unwrap();
    assert!(!page.body.contains(token), "the page itself knows no token");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let telling = Telling::new("mix.ts");
    let taken = telling.dashboard.address();
    let Err(error) = Dashboard::of_run(taken, &Channel::new(), None) else { panic!("it is taken") };
    assert!(matches!(error, DashboardError::InUse(address) if address == taken));
    assert!(error.to_string().contains("is in use"), "{error}");
}
