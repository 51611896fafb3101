//! Every fault of a server or a network is a result with k6's code and with words.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use loadline_client::{BodyMode, ClientConfig, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{
    answer, client, failure, get, get_from, plain_client, read_request, response, serve, write_ok,
};

/// One GET to a server that answers with `text` and closes: code and words of the failure.
async fn check_broken(text: &[u8], code: u16, words: &str) {
    let address = answer(text).await;
    let exchange = plain_client().send(get_from(address), None).await;
    let failure = failure(&exchange);
    assert_eq!(failure.code, code, "{failure}");
    let shown = failure.to_string();
    assert!(shown.contains(words) && shown.contains(&format!("http://{address}/")), "{shown}");
    assert!(
        !failure.message.contains(&address.to_string()),
        "a tag must not hold an address: {}",
        failure.message
    );
}

#[tokio::test]
async fn broken_answers() {
    check_broken(b"", 1000, "without an answer").await;
    check_broken(b"SSH-2.0-OpenSSH_9.2p1\r\n", 1000, "malformed HTTP response").await;
    check_broken(b"HTTP/1.1 200 OK\r\nContent-Le", 1000, "unexpected EOF").await;
    check_broken(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", 1000, "unexpected EOF").await;
    check_broken(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1000, "hexadecimal").await;
    check_broken(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 1000, "101 Switching Protocols").await;
    check_broken(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        1701,
        "`gzip`",
    )
    .await;
    check_broken(b"HTTP/1.1 302 Found\r\nLocation: gopher://x/\r\n\r\n", 1020, "gopher").await;
}

#[tokio::test]
async fn unusual_answers_that_are_right() {
    let texts = [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\"\r\no\r\n1\r\nk\r\n0\r\nX-Sum: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\n\r\nok",
    ];
    for text in texts {
        let address = answer(text).await;
        let exchange = plain_client().send(get_from(address), None).await;
        assert_eq!(response(&exchange).body, "ok", "{text:?}");
        assert_eq!(exchange.last().received_bytes, text.len() as u64);
    }
}

#[tokio::test]
async fn refused_connections() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let exchange = plain_client().send(get_from(address), None).await;
    let failure = failure(&exchange);
    assert_eq!((failure.code, &*failure.message), (1212, "dial: connection refused"));
    assert!(failure.to_string().contains(&address.to_string()), "{failure}");
    assert_eq!(exchange.last().remote, Some(address));
    assert_eq!(exchange.last().timings.duration(), Duration::ZERO);
}

#[tokio::test]
async fn resets() {
    let address = serve(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart").await.unwrap();
        // The client has the first part before the reset: it would be thrown away otherwise.
        stream.read_u8().await.ok();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let client = plain_client();
    let mut request = get_from(address);
    request.timeout = Duration::from_millis(100);
    let exchange = client.send(request, None).await;
    assert_eq!(failure(&exchange).code, 1050);

    let address = serve(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let exchange = client.send(get_from(address), None).await;
    assert_eq!(failure(&exchange).code, 1220, "{}", failure(&exchange));
    assert_eq!(failure(&exchange).message, "read: connection reset by peer");
}

#[tokio::test]
async fn timeouts_say_what_was_going_on() {
    let check = async |text: &'static [u8], words: &str| {
        let address = serve(move |_, mut stream| async move {
            read_request(&mut stream).await;
            stream.write_all(text).await.unwrap();
            stream.read_u8().await.ok();
        })
        .await;
        let mut request = get_from(address);
        request.timeout = Duration::from_millis(60);
        let exchange = plain_client().send(request, None).await;
        let failure = failure(&exchange);
        assert_eq!((failure.code, &*failure.message), (1050, "request timeout"));
        assert!(failure.to_string().contains(words) && failure.to_string().contains("60ms"), "{failure}");
        let spent = exchange.last().timings.duration();
        assert!(spent > Duration::from_millis(50), "{spent:?}");
    };
    check(b"", "waiting for the response").await;
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "receiving the response").await;
}

#[tokio::test]
async fn a_server_that_never_stops_sending_is_timed_out_too() {
    let address = serve(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let block = vec![b'x'; 65536];
        while stream.write_all(&block).await.is_ok() {}
    })
    .await;
    let mut request = get_from(address);
    request.timeout = Duration::from_millis(80);
    request.body_mode = BodyMode::Discard;
    let exchange = plain_client().send(request, None).await;
    assert_eq!(failure(&exchange).code, 1050);
    assert!(exchange.last().received_bytes > 65536);
}

#[tokio::test]
async fn an_early_answer_ends_an_upload() {
    let address = serve(|_, mut stream| async move {
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nstop").await.unwrap();
        let mut rest = vec![0; 65536];
        while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    })
    .await;
    let mut request = get_from(address);
    request.method = Method::POST;
    request.body = Bytes::from(vec![b'x'; 32 << 20]);
    let exchange = plain_client().send(request, None).await;
    assert_eq!((response(&exchange).status, &response(&exchange).body[..]), (413, &b"stop"[..]));
}

#[tokio::test]
async fn large_uploads_arrive_whole() {
    let address = serve(|_, mut stream| async move {
        let request = read_request(&mut stream).await.unwrap();
        let body = request.split_once("\r\n\r\n").unwrap().1;
        write_ok(&mut stream, &format!("{} {}", body.len(), body.bytes().map(u64::from).sum::<u64>())).await;
    })
    .await;
    for size in [0, 1, 16 << 10, (16 << 10) + 1, 3_000_000] {
        let mut request = get_from(address);
        request.method = Method::PUT;
        request.body = Bytes::from(vec![1; size]);
        let exchange = plain_client().send(request, None).await;
        assert_eq!(response(&exchange).body, format!("{size} {size}"));
        assert!(exchange.last().sent_bytes > size as u64);
    }
}

#[tokio::test]
async fn blocked_and_unknown_hosts() {
    let config = ClientConfig {
        blacklist_ips: vec!["127.0.0.0/8".to_owned()],
        block_hostnames: vec!["*.blocked.test".to_owned()],
        ..ClientConfig::default()
    };
    let client = client(config);
    let check = async |url: &str, codes: &[u16], words: &str| {
        let exchange = client.send(get(url), None).await;
        let failure = failure(&exchange);
        assert!(codes.contains(&failure.code), "{failure:?}");
        assert!(failure.to_string().contains(words), "{failure}");
    };
    check("http://127.0.0.1:9/", &[1110], "127.0.0.0/8").await;
    check("http://www.blocked.test/", &[1111], "*.blocked.test").await;
    // Without a name server the machine can't know that the name does not exist.
    check("http://no-such-host.invalid/", &[1100, 1101], "no-such-host.invalid").await;
    let exchange = client.send(Request::get("ftp://host/".parse().unwrap()), None).await;
    assert_eq!(failure(&exchange).code, 1020);
}

/// Runs itself again with few file descriptors: the limit belongs to a whole process.
#[test]
fn too_few_file_descriptors() {
    const INNER: &str = "LOADLINE_TEST_FEW_DESCRIPTORS";
    if std::env::var_os(INNER).is_some() {
        return few_descriptors();
    }
    let status = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 24 && exec \"$0\" --exact misbehaviour::too_few_file_descriptors"])
        .arg(std::env::current_exe().unwrap())
        .env(INNER, "1")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && shown.contains("1 passed"), "{shown}");
}

fn few_descriptors() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // Never accepts: the system takes the connections, and only our side pays for them.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = client(ClientConfig { connections_per_host: None, ..ClientConfig::default() });
        let mut requests = Vec::new();
        for _ in 0..40 {
            let mut request = get_from(address);
            request.timeout = Duration::from_millis(300);
            requests.push(Box::pin(client.send(request, None)));
        }
        let mut out_of_files = 0;
        for exchange in join_all(requests).await {
            let failure = failure(&exchange);
            if failure.message == "dial: too many open files" {
                assert!(failure.to_string().contains("ulimit -n"), "{failure}");
                out_of_files += 1;
            } else {
                assert_eq!(failure.code, 1050, "{failure}");
            }
        }
        assert!(out_of_files > 0);
    });
}

/// Runs futures at once on this task.
pub(crate) async fn join_all<F: Future + Unpin>(futures: Vec<F>) -> Vec<F::Output> {
    let mut slots: Vec<(Option<F>, Option<F::Output>)> =
        futures.into_iter().map(|future| (Some(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, output) in &mut slots {
            let Some(running) = future else { continue };
            match std::pin::Pin::new(running).poll(cx) {
                std::task::Poll::Ready(value) => (*future, *output) = (None, Some(value)),
                std::task::Poll::Pending => pending = true,
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    slots.into_iter().map(|(_, output)| output.unwrap()).collect()
}
