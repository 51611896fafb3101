//! The origin's answer, to its clients as it comes, and into the cache once it is whole.

use std::sync::Arc;

use http::Response;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use loadline_edge::{Cache, Keeping, Passing};

use crate::answer;
use crate::ask::Told;
use crate::body::Body;
use crate::coming::Coming;
use crate::cut::Cut;
use crate::download::Download;
use crate::flights::{Flight, Landing};
use crate::flow::{Inlet, flow};
use crate::outcome::Outcome;

/// An answer that is to be kept, and has not come yet.
#[derive(Debug)]
pub(crate) struct Collecting {
    download: Download,
    keeping: Keeping,
    inlet: Inlet,
}

/// Who may have an answer that is coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Whoever asked.
    One,
    /// Others as well.
    All,
}

/// What goes to the client, and what is to be collected meanwhile.
pub(crate) fn coming(told: Told, whom: For) -> (Response<Body>, Option<Collecting>) {
    let (passing, download) = match told {
        Told::Reply(reply) | Told::Failed(reply, _) => return (answer::of(reply), None),
        Told::Passing(passing, download) => (passing, download),
    };
    let Passing { response, status, before, shown, keeping } = *passing;
    let (body, collecting) = match keeping {
        None => (Body::streamed(download), None),
        Some(keeping) => {
            let (inlet, outlet) = flow(whom == For::All);
            let body = Body::flowing(outlet, download.size_hint().exact());
            (body, Some(Collecting { download, keeping, inlet }))
        }
    };
    let body = body.behind(before, shown).with_outcome(Outcome::of(&status));
    (response.map(|()| body), collecting)
}

impl Collecting {
    /// What others may have of it now; none where only the whole of it is of use.
    pub(crate) fn coming(&self) -> Option<Arc<Coming>> {
        let underway = self.keeping.underway()?;
        let length = self.download.size_hint().exact();
        Some(Arc::new(Coming { underway, source: self.inlet.source(), length }))
    }

    /// Collects it to its end, and lets those know who wait for it.
    pub(crate) async fn run(self, cache: &Cache, flight: Option<Flight>) {
        let Self { mut download, keeping, inlet } = self;
        let (mut keeping, mut flight, mut is_outgrown) = (Some(keeping), flight, false);
        let end = loop {
            match download.frame().await {
                None => break Ok(()),
                Some(Err(cut)) => break Err(cut),
                Some(Ok(frame)) => {
                    // Trailers are of this answer alone, and HTTP/1.1 has no place for those that nobody asked for.
                    let Ok(bytes) = frame.into_data() else { continue };
                    if keeping.as_mut().is_some_and(|keeping| !keeping.add(&bytes)) {
                        (keeping, is_outgrown) = (None, true);
                    }
                    // Whoever has had all of it finds it kept when they ask again.
                    if download.is_end_stream()
                        && let Some(keeping) = keeping.take()
                    {
                        cache.keep(keeping);
                    }
                    inlet.put(bytes);
                    if is_outgrown {
                        // Too large: nobody has anything to wait for, and those who read set the pace.
                        land(&mut flight);
                        if !inlet.taken().await {
                            break Err(Cut::Early);
                        }
                    }
                }
            }
        };
        if end.is_ok()
            && let Some(keeping) = keeping.take()
        {
            cache.keep(keeping);
        }
        // Its place at the origin is free.
        drop(download);
        // What was cut short is not kept, and whoever waits for it asks for itself.
        drop(keeping);
        inlet.end(end);
        land(&mut flight);
    }
}

fn land(flight: &mut Option<Flight>) {
    if let Some(flight) = flight.take() {
        flight.land(Landing::Look);
    }
}
