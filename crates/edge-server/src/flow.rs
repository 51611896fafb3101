//! An answer on its way to one client while it is collected to be kept.
//!
//! Collecting does not wait for the client: others may be waiting for the answer to be whole, and a client that reads
//! slowly must not hold them up. What the client has not taken yet waits here, and is no more than what may be kept.
//! Once it is known that nothing will be kept, the origin is read no faster than the client reads.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::cut::Cut;

/// The end at which an answer goes in.
#[derive(Debug)]
pub(crate) struct Inlet(Arc<Mutex<State>>);

/// The end at which it comes out.
#[derive(Debug)]
pub(crate) struct Outlet(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Bytes>,
    end: Option<Result<(), Cut>>,
    /// Nobody reads any more.
    is_left: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Both ends.
pub(crate) fn flow() -> (Inlet, Outlet) {
    let state = Arc::default();
    (Inlet(Arc::clone(&state)), Outlet(state))
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inlet {
    /// Puts in what has come.
    pub(crate) fn put(&self, bytes: Bytes) {
        let mut state = locked(&self.0);
        if !state.is_left {
            state.waiting.push_back(bytes);
        }
        wake(state.reader.take());
    }

    /// Waits until all has been taken. Whether somebody still reads.
    pub(crate) async fn taken(&self) -> bool {
        poll_fn(|context| {
            let mut state = locked(&self.0);
            if state.is_left || state.waiting.is_empty() {
                return Poll::Ready(!state.is_left);
            }
            state.writer = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Says that this was all, or that there is no more to come although it was not.
    pub(crate) fn end(self, how: Result<(), Cut>) {
        let mut state = locked(&self.0);
        state.end = Some(how);
        wake(state.reader.take());
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.end.get_or_insert(Err(Cut::Early));
        wake(state.reader.take());
    }
}

impl Outlet {
    /// The next piece; none at the end.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let mut state = locked(&self.0);
        if let Some(bytes) = state.waiting.pop_front() {
            if state.waiting.is_empty() {
                wake(state.writer.take());
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
        match state.end {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(cut)) => {
                state.end = Some(Ok(()));
                Poll::Ready(Some(Err(cut)))
            }
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Whether all has come out.
    pub(crate) fn is_at_end(&self) -> bool {
        let state = locked(&self.0);
        state.waiting.is_empty() && state.end == Some(Ok(()))
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.is_left = true;
        state.waiting = VecDeque::new();
        wake(state.writer.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(outlet: &mut Outlet) -> Option<Result<Bytes, Cut>> {
        poll_fn(|context| outlet.poll_next(context)).await
    }

    #[tokio::test]
    async fn what_goes_in_comes_out_in_its_order() {
        let (inlet, mut outlet) = flow();
        inlet.put(Bytes::from_static(b"a"));
        inlet.put(Bytes::from_static(b"b"));
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            while let Some(Ok(bytes)) = next(&mut outlet).await {
                read.extend_from_slice(&bytes);
            }
            (read, outlet.is_at_end())
        });
        assert!(inlet.taken().await);
        inlet.put(Bytes::from_static(b"c"));
        inlet.end(Ok(()));
        assert_eq!(reading.await.unwrap(), (b"abc".to_vec(), true));
    }

    #[tokio::test]
    async fn what_is_not_ended_was_cut() {
        let (inlet, mut outlet) = flow();
        inlet.put(Bytes::from_static(b"a"));
        drop(inlet);
        assert_eq!(next(&mut outlet).await, Some(Ok(Bytes::from_static(b"a"))));
        assert_eq!(next(&mut outlet).await, Some(Err(Cut::Early)));
        assert_eq!(next(&mut outlet).await, None);
    }

    #[tokio::test]
    async fn nothing_waits_for_a_reader_that_has_left() {
        let (inlet, outlet) = flow();
        inlet.put(Bytes::from_static(b"a"));
        drop(outlet);
        assert!(!inlet.taken().await);
        inlet.put(Bytes::from_static(b"b"));
        assert!(locked(&inlet.0).waiting.is_empty());
    }
}
