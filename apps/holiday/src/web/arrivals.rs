//! Bodies on their way: waited for before a request takes one of the places that everybody needs.
//!
//! A body that is announced and never sent costs its sender a connection and this service a few hundred bytes, and nobody else anything.
//! One client may have so many on their way; a body that is there already, as nearly all are, is not counted.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard},
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
};
use futures_util::FutureExt;
use loadline_monitor::Part;

use super::{
    Network,
    body::{self, BodyError},
    decoding::decoded,
};

/// More bodies of one client are refused.
const MOST_OF_A_CLIENT: usize = 256;

/// Counts them by client.
#[derive(Default)]
pub(crate) struct Arrivals {
    waiting: Mutex<HashMap<Network, usize>>,
}

/// One that is waited for.
struct Arrival<'a> {
    arrivals: &'a Arrivals,
    client: Network,
}

impl Arrivals {
    /// The request with its whole body; one that could not be read fails when its handler reads it. `None` when its sender has too many
    /// on their way. What is waited for it is timed as a part of the request.
    pub(crate) async fn whole(&self, request: Request, sender: IpAddr, timer: &Part) -> Option<Request> {
        if request.body().is_end_stream() {
            return Some(request);
        }
        let (mut parts, body) = request.into_parts();
        let read = {
            let mut reading = Box::pin(body::read(&parts.headers, body));
            if let Some(read) = reading.as_mut().now_or_never() {
                read
            } else {
                let _arrival = self.begin(Network::of_client(sender))?;
                timer.time(reading).await
            }
        };
        let body = match read.and_then(|bytes| decoded(&mut parts.headers, bytes)) {
            Ok(bytes) => Body::from(bytes),
            Err(error) => Body::from_stream(futures_util::stream::iter([Err::<Vec<u8>, BodyError>(error)])),
        };
        Some(Request::from_parts(parts, body))
    }

    fn begin(&self, client: Network) -> Option<Arrival<'_>> {
        let mut waiting = self.lock();
        let its = waiting.entry(client).or_default();
        (*its < MOST_OF_A_CLIENT).then(|| {
            *its += 1;
            Arrival { arrivals: self, client }
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.waiting.lock().expect("nothing panics while it is held")
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        let mut waiting = self.arrivals.lock();
        if let Some(its) = waiting.get_mut(&self.client) {
            *its -= 1;
            if *its == 0 {
                waiting.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_so_many_and_others_are_not_concerned() {
        let arrivals = Arrivals::default();
        let client = |last: u8| Network::from(IpAddr::from([192, 0, 2, last]));
        let begun: Vec<_> = (0..300).map_while(|_| arrivals.begin(client(1))).collect();
        assert_eq!(begun.len(), MOST_OF_A_CLIENT);
        assert!(arrivals.begin(client(2)).is_some());
        drop(begun);
        assert!(arrivals.begin(client(1)).is_some());
        assert!(arrivals.lock().is_empty());
    }
}
