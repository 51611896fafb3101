//! An edge in a few lines, as a program of its own: small to build in release, for benchmarks.
//!
//!     cargo run --release -p loadline-edge-server --example serve -- ADDRESS ORIGIN [WORKERS [RULES]]
#![expect(clippy::print_stdout, reason = "an example says where it listens")]

use std::error::Error;

use loadline_edge::rules::Rules;
use loadline_edge_server::{Edge, Origin, Settings, serve};
use loadline_serve::{Bound, Patience, Stop, stop_requested};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, origin, rest @ ..] = arguments.as_slice() else {
        return Err("usage: serve ADDRESS ORIGIN [WORKERS [RULES]]".into());
    };
    let workers = rest.first().map_or(Ok(1), |workers| workers.parse())?;
    let path = rest.get(1).cloned();
    let rules = move || match &path {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
            Rules::parse(path, &text).map_err(|problems| problems.to_string())
        }
        None => Ok(Rules::default()),
    };
    let edge = Edge::new(Settings::new(Origin::new(origin, None)?), Box::new(rules))?;
    let bound = Bound::new(listen.parse()?).await?;
    println!("listening on http://{}", bound.address());
    let stop = stop_requested(Stop::Signal)?;
    serve(&edge, vec![bound], workers, Patience::default(), stop).await?;
    Ok(())
}
