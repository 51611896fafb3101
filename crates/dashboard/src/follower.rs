//! A run that another process records, followed in its history and told to viewers as if it were made here.
//!
//! A second is told when the next one has begun: parts of it may still come, and what was told cannot be taken back.
//! Where a part comes later still, the run is told from its beginning.

use std::sync::Arc;
use std::time::Duration;

use loadline_history::{History, HistoryError, Location};
use loadline_measure::RunReader;
use loadline_report::{Event, Output};
use loadline_verdict::{Budgets, Incomplete, judge_whole};
use tokio::time::sleep;

use crate::channel::Channel;
use crate::feed::Feed;

/// How often it is looked whether there is more.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// So many looks without a viewer, and nobody follows any more.
const UNSEEN: u32 = 30;

/// A run on its way from the history to viewers.
struct Follower {
    history: History,
    id: i64,
    channel: Arc<Channel>,
    reader: RunReader,
    piece: i64,
    /// The run as it is told, and the second that is told next.
    telling: Option<(Feed, u64)>,
    newest: Option<u64>,
}

/// Follows a run until it is over, or nobody has looked for a while: whoever comes later begins anew.
pub(crate) async fn follow(location: Location, id: i64, channel: Arc<Channel>) {
    let opened = tokio::task::spawn_blocking(move || History::open_readonly(&location)).await;
    if let Ok(Ok(history)) = opened {
        tell(history, id, &channel).await;
    }
    channel.close();
}

async fn tell(history: History, id: i64, channel: &Arc<Channel>) {
    let (reader, channel) = (RunReader::new(), Arc::clone(channel));
    let mut follower = Follower { history, id, channel, reader, piece: 0, telling: None, newest: None };
    let mut unseen = 0;
    while unseen < UNSEEN {
        // The database may take a moment, and so do the seconds of an hour.
        let looked = tokio::task::spawn_blocking(move || {
            let is_over = follower.look();
            (follower, is_over)
        });
        match looked.await {
            Ok((back, Ok(false))) => follower = back,
            _ => return,
        }
        unseen = if follower.channel.viewers() > 0 { 0 } else { unseen + 1 };
        sleep(BETWEEN_LOOKS).await;
    }
}

impl Follower {
    /// Tells what is new. Whether the run is over.
    fn look(&mut self) -> Result<bool, HistoryError> {
        let is_recorded = self.history.is_recorded(self.id)?;
        let written = self.history.written_since(self.id, self.piece)?;
        self.piece = written.next;
        match self.reader.feed(&written.bytes) {
            Ok(growth) => {
                let late = self
                    .telling
                    .as_ref()
                    .is_some_and(|(_, next)| growth.seconds.iter().any(|second| second < next));
                if late {
                    self.telling = None;
                }
                self.newest = self.newest.max(growth.seconds.last().copied());
                self.tell();
            }
            // What does not read is said when it is read as a whole.
            Err(_) => return self.end(),
        }
        if is_recorded { Ok(false) } else { self.end() }
    }

    fn tell(&mut self) {
        let (Some(run), Some(newest)) = (self.reader.run(), self.newest) else { return };
        let (feed, next) = self.telling.get_or_insert_with(|| {
            let budgets = Budgets::of_run(run).unwrap_or_default();
            let feed = Feed::new(&self.channel, &run.meta, run.schema(), &budgets);
            (feed.before_another(), 0)
        });
        while *next < newest {
            if let Some(window) = run.second(*next) {
                let event = Event::Second { second: *next, window: &window, run, progress: &[] };
                // It hands over, which cannot fail.
                let _ = feed.event(&event);
            }
            *next += 1;
        }
    }

    /// Says how it ended, from all that is kept of it.
    fn end(&mut self) -> Result<bool, HistoryError> {
        let (run, _) = self.history.load(self.id)?;
        let budgets = Budgets::of_run(&run).unwrap_or_default();
        self.channel.end(&run, &judge_whole(&run, &budgets, Incomplete::Fails));
        Ok(true)
    }
}
