//! A run as server-sent events, for one viewer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use hyper::body::Frame;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::channel::Channel;

/// A viewer hears something so often, so that a connection that is gone is noticed on both sides.
const BEAT: Duration = Duration::from_secs(5);
/// Said first: how soon to ask again when the connection is lost.
const HELLO: &[u8] = b"retry: 1000\n\n";
const STILL_HERE: &[u8] = b": still here\n\n";

struct Viewer {
    channel: Arc<Channel>,
    changes: watch::Receiver<u64>,
    had: Option<u64>,
    is_greeted: bool,
    is_over: bool,
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.channel.leave();
    }
}

/// The events of a run, after the one that the viewer had last, to the end of the run. The next one is looked for when
/// the connection has taken the one before.
pub(crate) fn events(
    channel: Arc<Channel>,
    had: Option<u64>,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send {
    channel.enter();
    let changes = channel.changes();
    let viewer = Viewer { channel, changes, had, is_greeted: false, is_over: false };
    unfold(viewer, |mut viewer| async move {
        let said = viewer.next().await?;
        Some((Ok(Frame::data(said)), viewer))
    })
}

impl Viewer {
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.is_greeted, true) {
            return Some(Bytes::from_static(HELLO));
        }
        if self.is_over {
            return None;
        }
        loop {
            self.changes.mark_unchanged();
            if let Some(next) = self.channel.after(self.had) {
                self.had = Some(next.number);
                self.is_over = next.is_last;
                return Some(next.event);
            }
            match timeout(BEAT, self.changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(Bytes::from_static(STILL_HERE)),
            }
        }
    }
}
