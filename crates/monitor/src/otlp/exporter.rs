//! The tasks that send, apart from the requests: a full queue or a collector that is down costs spans, never time.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use opentelemetry_proto::tonic::resource::v1::Resource;
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{self, Instant, MissedTickBehavior},
};

use super::{Batching, OtlpError, OtlpSettings, attributes::text, metrics, sender::Sender, spans};
use crate::{
    Monitor,
    gather::gather,
    monitor::Inner,
    trace::{Span, Tracer, now_ns},
};

/// Sends a monitor's traces and metrics until it is shut down. Dropped without that, what was not sent yet is lost.
#[derive(Debug)]
pub struct Exporter {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Monitor {
    /// Begins to export. Once for a monitor, within a tokio runtime.
    ///
    /// # Errors
    /// It is exported already, there is no runtime, or the machine's certificates can't be read.
    pub fn export(&self, settings: &OtlpSettings) -> Result<Exporter, OtlpError> {
        let runtime = Handle::try_current().map_err(|_| OtlpError::NoRuntime)?;
        let attributes = settings.resource.iter().map(|(key, value)| text(key, value)).collect();
        let resource = Resource { attributes, ..Resource::default() };
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Vec::new();
        let metrics = settings.metrics.clone().map(Sender::new).transpose()?;
        if let Some(target) = settings.traces.clone() {
            let (finished, queue) = mpsc::channel(settings.batching.queue);
            let sender = Sender::new(target)?;
            let tracer = Tracer::new(settings.sampler, finished);
            self.inner.tracer.set(tracer).map_err(|_| OtlpError::Twice)?;
            let traces = Traces { monitor: Arc::clone(&self.inner), sender, resource: resource.clone() };
            tasks.push(runtime.spawn(traces.run(queue, settings.batching, stopped.clone())));
        }
        if let Some(sender) = metrics {
            let metrics = Metrics { monitor: Arc::clone(&self.inner), sender, resource };
            tasks.push(runtime.spawn(metrics.run(settings.metric_interval, stopped)));
        }
        Ok(Exporter { stop, tasks })
    }
}

impl Exporter {
    /// Sends what is left and ends; it takes no longer than the timeout of an export, or two when one is on its way.
    pub async fn shut_down(mut self) {
        let _ = self.stop.send(true);
        for task in self.tasks.drain(..) {
            if let Err(error) = task.await {
                tracing::error!(%error, "an exporter broke");
            }
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

struct Traces {
    monitor: Arc<Inner>,
    sender: Sender,
    resource: Resource,
}

impl Traces {
    async fn run(
        self,
        mut queue: mpsc::Receiver<Span>,
        batching: Batching,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut batch = Vec::with_capacity(batching.most);
        let mut due = Instant::now() + batching.delay;
        loop {
            let room = batching.most - batch.len();
            let stop = tokio::select! {
                _ = queue.recv_many(&mut batch, room), if room > 0 => false,
                () = time::sleep_until(due) => {
                    due = Instant::now() + batching.delay;
                    self.send(&mut batch).await;
                    false
                }
                () = stop_requested(&mut stopped) => true,
            };
            if stop {
                break;
            }
            if batch.len() >= batching.most {
                self.send(&mut batch).await;
                due = Instant::now() + batching.delay;
            }
        }
        queue.close();
        while let Ok(span) = queue.try_recv() {
            batch.push(span);
            if batch.len() >= batching.most {
                self.send(&mut batch).await;
            }
        }
        self.send(&mut batch).await;
    }

    async fn send(&self, batch: &mut Vec<Span>) {
        if batch.is_empty() {
            return;
        }
        let spans = batch.len() as u64;
        let system = self.monitor.database_system.get().map(String::as_str);
        let message = spans::message(std::mem::take(batch), &self.resource, system);
        let exports = &self.monitor.exports;
        match self.sender.send(&message).await {
            Ok(()) => {
                exports.spans_sent.fetch_add(spans, Ordering::Relaxed);
            }
            Err(problem) => {
                exports.spans_lost.fetch_add(spans, Ordering::Relaxed);
                exports.failed_traces.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%problem, spans, "spans could not be exported");
            }
        }
    }
}

struct Metrics {
    monitor: Arc<Inner>,
    sender: Sender,
    resource: Resource,
}

impl Metrics {
    async fn run(self, interval: Duration, mut stopped: watch::Receiver<bool>) {
        let mut ticks = time::interval_at(Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.send().await,
                () = stop_requested(&mut stopped) => break,
            }
        }
        // The last values, so that a short life is seen too.
        self.send().await;
    }

    async fn send(&self) {
        let period = metrics::Period { start_ns: self.monitor.start_ns, end_ns: now_ns() };
        let message = metrics::message(gather(&self.monitor), &self.resource, period);
        if let Err(problem) = self.sender.send(&message).await {
            self.monitor.exports.failed_metrics.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%problem, "metrics could not be exported");
        }
    }
}

/// Completes when the exporter is shut down; when it was dropped, the tasks end anyway.
async fn stop_requested(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}
