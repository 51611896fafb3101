//! The edge as a server: a caching reverse proxy in front of any origin.
//!
//! What may be kept, served and asked is said by `loadline-edge`, which has no clock and no sockets; here they are. A
//! request is brought into one form (`arrival`), asked of the cache (`service`), and, if that does not have the answer,
//! of the origin (`ask`, `origin`), once for all who ask the same at once (`flights`). What comes goes to all of them
//! (`coming`) while it is collected to be kept (`collect`).
//!
//! An [`Edge`] is what all workers share; [`serve`] serves it, [`serve_admin`] what is for whoever runs it.

mod access;
mod account;
mod admin;
mod answer;
mod arrival;
mod ask;
mod body;
mod clock;
mod collect;
mod coming;
mod counters;
mod cut;
mod download;
mod edge;
mod flights;
mod flow;
mod forwarded;
mod log;
mod loops;
mod metrics;
mod origin;
mod outcome;
mod purge;
mod serve;
mod service;
mod settings;
mod timing;
mod tls;
mod upgrade;
mod worker;

pub use access::Access;
pub use admin::serve_admin;
pub use body::Body;
pub use edge::{Edge, RulesSource};
pub use log::LogWriter;
pub use origin::{Origin, OriginError};
pub use serve::serve;
pub use settings::{OriginLimits, Settings, Waits};
pub use tls::{TlsError, authorities, server_tls};
pub use worker::EdgeService;
