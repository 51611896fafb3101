//! What a run does about traces: its thread, from before the run until its spans are there.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver as Batches, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loadline_client::{ConfigErrors, Shared, Tracing};
use loadline_measure::{Schema, TraceSender, TracedRequest};
use loadline_serve::{BindError, Bound, Patience, serve};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};

use super::asking::{ask, client};
use super::following::{Explains, Followed, Following};
use super::receiver::Receiver;
use super::sample::Sample;
use super::wanted::Wanted;

/// Batches of requests that may wait for the thread.
const QUEUE: usize = 1_024;
/// How often it is looked what has ended and what is settled.
const LOOK: Duration = Duration::from_millis(200);
/// How long the last spans are waited for: exporters hold them back for five seconds, and then it has to be quiet.
const LAST: Duration = Duration::from_secs(15);
/// How long exporters may take for messages that are under way when it ends.
const DRAIN: Duration = Duration::from_secs(1);

/// Why traces cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// Somebody else listens there.
    #[error(
        "the address `{0}` for spans is in use: is there a collector, or another run? Choose another, as in `--traces=4319`, and have the system send to that"
    )]
    InUse(SocketAddr),
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(BindError),
    /// The system has no thread or no event loop for it.
    #[error("cannot start the thread that takes spans: {0}")]
    Start(#[source] io::Error),
    /// What is asked cannot be.
    #[error(transparent)]
    Client(#[from] ConfigErrors),
}

/// Traces of a run.
pub struct Traces {
    wanted: Wanted,
    sample: Sample,
    address: Option<SocketAddr>,
    tracing: Arc<Tracing>,
    following: Arc<Following>,
    sender: TraceSender,
    running: Mutex<Option<Running>>,
}

/// Its thread.
struct Running {
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<Vec<Found>>,
}

/// What became of it, from the thread.
enum Found {
    Slowest(loadline_measure::SlowRequests),
    Trouble(String),
}

impl Traces {
    /// Opens the endpoint, if spans are sent here. No request carries a trace yet.
    ///
    /// # Errors
    /// The address is taken, or what is asked cannot be.
    pub fn open(wanted: Wanted, sample: Sample) -> Result<Self, TracesError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(TracesError::Start)?;
        let bound = match &wanted {
            Wanted::Sent(address) => {
                Some(runtime.block_on(Bound::new(*address)).map_err(|error| match error {
                    BindError::InUse(address) => TracesError::InUse(address),
                    other @ BindError::Listen { .. } => TracesError::Bind(other),
                })?)
            }
            Wanted::Tempo(_) | Wanted::Jaeger(_) => None,
        };
        let asking = match &wanted {
            Wanted::Sent(_) => None,
            Wanted::Tempo(_) | Wanted::Jaeger(_) => Some((wanted.clone(), client()?)),
        };
        let address = bound.as_ref().map(Bound::address);
        let tracing = Arc::new(Tracing::new(sample.0));
        let following = Arc::new(Following::new(tracing.prefix(), bound.is_some()));
        let (sender, batches) = sync_channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let (tell, ended) = oneshot::channel();
        let work = Work { bound, asking, following: Arc::clone(&following), batches };
        // It ends by itself when it is stopped, or when nobody can stop it any more.
        std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || work.run(runtime, stopped, tell))
            .map_err(TracesError::Start)?;
        let running = Mutex::new(Some(Running { stop, ended }));
        let sender = TraceSender::new(sender);
        Ok(Self { wanted, sample, address, tracing, following, sender, running })
    }

    /// Where spans are to be sent to, if they are sent here.
    pub fn url(&self) -> Option<String> {
        self.address.map(|address| format!("http://{address}"))
    }

    /// What is done, in words.
    pub fn words(&self) -> String {
        let sample = self.sample;
        match &self.wanted {
            Wanted::Sent(_) => format!(
                "traces of {sample}: send spans to {} (OTLP over HTTP and gRPC), as with OTEL_EXPORTER_OTLP_ENDPOINT",
                self.url().unwrap_or_default()
            ),
            Wanted::Tempo(url) => {
                format!("traces of {sample}: the slowest are asked of Tempo at {}", shown(url))
            }
            Wanted::Jaeger(url) => {
                format!("traces of {sample}: the slowest are asked of Jaeger at {}", shown(url))
            }
        }
    }

    /// The run begins whose requests `client` sends: from now on they carry traces. Where its requests go that have
    /// ended; what is found out of them goes to `explains`.
    pub fn begin(
        &self,
        client: &Shared,
        schema: &Arc<Schema>,
        explains: Option<Box<dyn Explains>>,
    ) -> TraceSender {
        client.carry_traces(&self.tracing);
        self.following.begin(schema, explains);
        self.tracing.switch(true);
        self.sender.clone()
    }

    /// The load is over: requests carry no traces any more.
    pub fn load_is_over(&self) {
        self.tracing.switch(false);
    }

    /// Waits for the last spans, or asks for traces, and says what has come of it. What is not there when `cut_short`
    /// comes is not waited for. To be called once; within an event loop.
    pub async fn finish(&self, cut_short: impl Future<Output = ()>) -> Followed {
        self.load_is_over();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut found = Vec::new();
        if let Some(Running { stop, ended }) = running {
            // It may have broken down.
            let _ = stop.send(());
            tokio::select! {
                // Whether it broke down shows by what is missing.
                all = ended => found = all.unwrap_or_default(),
                () = cut_short => {}
            }
        }
        let mut followed = self.following.finish();
        followed.lost = self.sender.lost();
        for one in found {
            match one {
                Found::Slowest(slowest) => followed.slowest = slowest,
                Found::Trouble(words) => followed.trouble.push(words),
            }
        }
        followed
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Traces({:?}, {})", self.wanted, self.sample)
    }
}

/// A URL without what may be secret in it.
fn shown(url: &url::Url) -> String {
    loadline_client::without_credentials(url).to_string()
}

/// What the thread does.
struct Work {
    bound: Option<Bound>,
    asking: Option<(Wanted, Arc<Shared>)>,
    following: Arc<Following>,
    batches: Batches<Vec<TracedRequest>>,
}

impl Work {
    fn run(self, runtime: Runtime, stopped: oneshot::Receiver<()>, tell: oneshot::Sender<Vec<Found>>) {
        let Self { bound, asking, following, batches } = self;
        LocalSet::new().block_on(&runtime, async {
            let (close, closed) = oneshot::channel::<()>();
            let serving = async {
                let Some(bound) = bound else { return };
                let patience = Patience { drain: DRAIN, ..Patience::default() };
                let stop = async {
                    let _ = closed.await;
                };
                serve(bound, Receiver::new(Arc::clone(&following)), patience, stop).await;
            };
            let follow = async {
                let mut found = Vec::new();
                follow(&following, &batches, stopped).await;
                if let Some((wanted, shared)) = &asking {
                    let mut slowest = following.finish().slowest;
                    found.extend(ask(wanted, shared, &mut slowest).await.map(Found::Trouble));
                    found.push(Found::Slowest(slowest));
                }
                // Nobody may wait for it any more.
                let _ = tell.send(found);
                let _ = close.send(());
            };
            tokio::join!(serving, follow);
        });
        // What an exporter holds up is not worth waiting for.
        runtime.shutdown_background();
    }
}

/// Follows requests until the run is over and the last spans are there, or long enough after it.
async fn follow(
    following: &Following,
    batches: &Batches<Vec<TracedRequest>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut until = None;
    loop {
        match until {
            None => tokio::select! {
                _ = looks.tick() => {}
                _ = &mut stopped => until = Some(following.elapsed() + LAST),
            },
            Some(_) => drop(looks.tick().await),
        }
        // A bounded queue has an end, however fast others fill it.
        for batch in batches.try_iter().take(QUEUE) {
            following.ended(&batch);
        }
        let is_quiet = following.settle();
        if until.is_some_and(|until| is_quiet || following.elapsed() >= until) {
            return;
        }
    }
}
