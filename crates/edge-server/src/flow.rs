//! An answer on its way to its readers while it is collected to be kept.
//!
//! Collecting does not wait for readers: a client that reads slowly must hold nobody up, neither the cache nor those
//! who read the same answer. What a reader has not taken yet waits here, and is no more than what may be kept. As long
//! as others may come who want it from its beginning, all of it stays. Once it is known that nothing will be kept,
//! nobody can come any more, and the origin is read no faster than the slowest of those who are there; one that takes
//! nothing at all is let go of by the server, whose patience with writing ends.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::cut::Cut;

/// The end at which an answer goes in.
#[derive(Debug)]
pub(crate) struct Inlet(Arc<Mutex<State>>);

/// Where more readers can come from, for as long as all of the answer is there.
#[derive(Debug, Clone)]
pub(crate) struct Source(Arc<Mutex<State>>);

/// An end at which it comes out.
#[derive(Debug)]
pub(crate) struct Outlet {
    state: Arc<Mutex<State>>,
    /// Its number, under which it waits.
    reader: u64,
    /// Which piece is next, counted from the first of all.
    next: usize,
    /// Whether it has been told that the answer was cut.
    is_told: bool,
}

#[derive(Debug)]
struct State {
    pieces: VecDeque<Piece>,
    /// How many pieces are gone, which were before these.
    gone: usize,
    /// Whether more readers may come.
    is_open: bool,
    end: Option<Result<(), Cut>>,
    readers: usize,
    last_reader: u64,
    waiting: BTreeMap<u64, Waker>,
    writer: Option<Waker>,
}

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    /// How many of those who read have not taken it.
    untaken: usize,
}

/// Both ends. More readers may come when it `is_open`, until it is closed or ended.
pub(crate) fn flow(is_open: bool) -> (Inlet, Outlet) {
    let state = Arc::new(Mutex::new(State {
        pieces: VecDeque::new(),
        gone: 0,
        is_open,
        end: None,
        readers: 1,
        last_reader: 0,
        waiting: BTreeMap::new(),
        writer: None,
    }));
    (Inlet(Arc::clone(&state)), Outlet { state, reader: 0, next: 0, is_told: false })
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Lets go of what nobody needs any more.
    fn trim(&mut self) {
        if self.is_open {
            return;
        }
        while self.pieces.front().is_some_and(|piece| piece.untaken == 0) {
            self.pieces.pop_front();
            self.gone += 1;
        }
        if self.pieces.is_empty() || self.readers == 0 {
            wake(self.writer.take());
        }
    }

    fn ended(&mut self, how: Result<(), Cut>) -> BTreeMap<u64, Waker> {
        self.end.get_or_insert(how);
        self.closed()
    }

    fn closed(&mut self) -> BTreeMap<u64, Waker> {
        self.is_open = false;
        self.trim();
        std::mem::take(&mut self.waiting)
    }
}

impl Inlet {
    /// Where more readers can come from.
    pub(crate) fn source(&self) -> Source {
        Source(Arc::clone(&self.0))
    }

    /// Puts in what has come.
    pub(crate) fn put(&self, bytes: Bytes) {
        let mut state = locked(&self.0);
        let untaken = state.readers;
        if untaken > 0 || state.is_open {
            state.pieces.push_back(Piece { bytes, untaken });
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        wake(waiting.into_values());
    }

    /// Nobody can come any more. Waits until all has been taken. Whether somebody still reads.
    pub(crate) async fn taken(&self) -> bool {
        let waiting = locked(&self.0).closed();
        wake(waiting.into_values());
        poll_fn(|context| {
            let mut state = locked(&self.0);
            if state.readers == 0 || state.pieces.is_empty() {
                return Poll::Ready(state.readers > 0);
            }
            state.writer = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Says that this was all, or that there is no more to come although it was not.
    pub(crate) fn end(self, how: Result<(), Cut>) {
        let waiting = locked(&self.0).ended(how);
        wake(waiting.into_values());
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        let waiting = locked(&self.0).ended(Err(Cut::Early));
        wake(waiting.into_values());
    }
}

impl Source {
    /// One more reader, from the beginning; none when it is too late for that.
    pub(crate) fn outlet(&self) -> Option<Outlet> {
        let mut state = locked(&self.0);
        if !state.is_open {
            return None;
        }
        state.readers += 1;
        state.last_reader += 1;
        for piece in &mut state.pieces {
            piece.untaken += 1;
        }
        let reader = state.last_reader;
        Some(Outlet { state: Arc::clone(&self.0), reader, next: 0, is_told: false })
    }
}

impl Outlet {
    /// The next piece; none at the end.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let mut state = locked(&self.state);
        let index = self.next - state.gone;
        if let Some(piece) = state.pieces.get_mut(index) {
            piece.untaken -= 1;
            let bytes = piece.bytes.clone();
            self.next += 1;
            state.trim();
            return Poll::Ready(Some(Ok(bytes)));
        }
        match state.end {
            Some(Err(cut)) if !self.is_told => {
                self.is_told = true;
                Poll::Ready(Some(Err(cut)))
            }
            Some(_) => Poll::Ready(None),
            None => {
                state.waiting.insert(self.reader, context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Whether all has come out.
    pub(crate) fn is_at_end(&self) -> bool {
        let state = locked(&self.state);
        self.next == state.gone + state.pieces.len() && state.end == Some(Ok(()))
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = locked(&self.state);
        state.readers -= 1;
        state.waiting.remove(&self.reader);
        let index = self.next - state.gone;
        for piece in state.pieces.range_mut(index..) {
            piece.untaken -= 1;
        }
        state.trim();
    }
}

fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(outlet: &mut Outlet) -> Option<Result<Bytes, Cut>> {
        poll_fn(|context| outlet.poll_next(context)).await
    }

    async fn all(mut outlet: Outlet) -> (Vec<u8>, bool) {
        let mut read = Vec::new();
        while let Some(Ok(bytes)) = next(&mut outlet).await {
            read.extend_from_slice(&bytes);
        }
        (read, outlet.is_at_end())
    }

    #[tokio::test]
    async fn what_goes_in_comes_out_in_its_order() {
        let (inlet, outlet) = flow(false);
        inlet.put(Bytes::from_static(b"a"));
        inlet.put(Bytes::from_static(b"b"));
        let reading = tokio::spawn(all(outlet));
        assert!(inlet.taken().await);
        inlet.put(Bytes::from_static(b"c"));
        inlet.end(Ok(()));
        assert_eq!(reading.await.unwrap(), (b"abc".to_vec(), true));
    }

    #[tokio::test]
    async fn what_is_not_ended_was_cut() {
        let (inlet, mut outlet) = flow(false);
        inlet.put(Bytes::from_static(b"a"));
        drop(inlet);
        assert_eq!(next(&mut outlet).await, Some(Ok(Bytes::from_static(b"a"))));
        assert_eq!(next(&mut outlet).await, Some(Err(Cut::Early)));
        assert_eq!(next(&mut outlet).await, None);
        assert!(!outlet.is_at_end());
    }

    #[tokio::test]
    async fn nothing_waits_for_a_reader_that_has_left() {
        let (inlet, outlet) = flow(false);
        inlet.put(Bytes::from_static(b"a"));
        drop(outlet);
        assert!(!inlet.taken().await);
        inlet.put(Bytes::from_static(b"b"));
        assert!(locked(&inlet.0).pieces.is_empty());
    }

    #[tokio::test]
    async fn whoever_comes_in_the_middle_has_it_from_the_beginning() {
        let (inlet, mut first) = flow(true);
        let source = inlet.source();
        inlet.put(Bytes::from_static(b"a"));
        assert_eq!(next(&mut first).await, Some(Ok(Bytes::from_static(b"a"))));
        let second = tokio::spawn(all(source.outlet().unwrap()));
        // Who asked first may go: it is for the others now.
        drop(first);
        let third = source.outlet().unwrap();
        inlet.put(Bytes::from_static(b"b"));
        inlet.end(Ok(()));
        assert!(source.outlet().is_none(), "by now it is in the cache");
        for read in [second.await.unwrap(), all(third).await] {
            assert_eq!(read, (b"ab".to_vec(), true));
        }
        assert!(locked(&source.0).pieces.is_empty());
    }

    #[tokio::test]
    async fn what_is_not_going_to_be_kept_goes_at_the_pace_of_the_slowest() {
        let (inlet, mut fast) = flow(true);
        let mut slow = inlet.source().outlet().unwrap();
        inlet.put(Bytes::from_static(b"a"));
        inlet.put(Bytes::from_static(b"b"));
        let mut taken = Box::pin(inlet.taken());
        let mut is_taken =
            async || std::future::poll_fn(|c| Poll::Ready(taken.as_mut().poll(c).is_ready())).await;
        for _ in 0..2 {
            assert!(next(&mut fast).await.unwrap().is_ok());
        }
        assert!(!is_taken().await);
        assert!(next(&mut slow).await.unwrap().is_ok());
        assert_eq!(locked(&slow.state).pieces.len(), 1, "what both have taken is gone");
        assert!(!is_taken().await);
        drop(slow);
        assert!(is_taken().await);
    }
}
