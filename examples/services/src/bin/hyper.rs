//! A service of hyper alone, with metrics: a name for each request, and the monitor's layer around what answers.
//!
//! ```sh
//! cargo run -p monitored-services --bin hyper [ADDRESS [METRICS-ADDRESS]]
//! curl http://127.0.0.1:8080/users/7; curl http://127.0.0.1:9464/metrics
//! ```

use std::convert::Infallible;
use std::error::Error;
use std::io;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use loadline_monitor::{Monitor, Name, Query, RequestHead};
use tokio::net::TcpListener;

/// The name of a request: a route's, never the path.
fn name<'a>(request: &RequestHead<'a>) -> Name<'a> {
    match request.uri.path() {
        "/panics" => Name::Route("/panics"),
        path if path.strip_prefix("/users/").is_some_and(|id| id.parse::<u32>().is_ok()) => {
            Name::Route("/users/{id}")
        }
        _ => Name::Unmatched,
    }
}

async fn answer(select_users: Query, request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    assert_ne!(request.uri().path(), "/panics", "a fault to be found");
    let Some(id) = request.uri().path().strip_prefix("/users/").and_then(|id| id.parse::<u32>().ok()) else {
        let mut nothing = Response::new(String::new());
        *nothing.status_mut() = StatusCode::NOT_FOUND;
        return Ok(nothing);
    };
    let user = select_users.time(async move { Ok::<_, Infallible>(format!("user {id}")) }).await?;
    Ok(Response::new(user))
}

/// Answers what comes to an address, each connection in a task of its own.
async fn serve<S>(listener: TcpListener, service: S) -> io::Result<()>
where
    S: HttpService<Incoming, ResBody = String, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(connection);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut addresses = std::env::args().skip(1);
    let mut address = |usual: &str| addresses.next().unwrap_or_else(|| usual.to_owned());
    let public = TcpListener::bind(address("127.0.0.1:8080")).await?;
    let private = TcpListener::bind(address("127.0.0.1:9464")).await?;
    write_addresses(&public, &private)?;

    let monitor = Monitor::default();
    // Anybody can claim to be a load test: where that must not be enough, ask for a proof.
    monitor.tell_timing(|request, _| request.headers.contains_key("x-load-test"));
    let select_users = monitor.query("select", "users");
    let service = service_fn(move |request| answer(select_users.clone(), request));
    let measured = monitor.layer_named(name).on(service);
    tokio::try_join!(serve(public, measured), serve(private, monitor.metrics()))?;
    Ok(())
}

fn write_addresses(public: &TcpListener, private: &TcpListener) -> io::Result<()> {
    use io::Write;
    writeln!(
        io::stdout(),
        "serves http://{}\nmetrics http://{}/metrics",
        public.local_addr()?,
        private.local_addr()?
    )
}
