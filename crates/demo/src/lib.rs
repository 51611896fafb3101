//! What the demo is made of: the reference system as child processes, with faults to order, and what must hold of
//! payments whatever fails.
//!
//! [`ReferenceSystem`] starts this program again as the service and as its payment gateway; what is asked of them
//! (crash the database, compare both sides) goes over their standard input, where nobody else can ask. [`restart_at`]
//! crashes the database at a second of the run. [`EdgedSystem`] has a cache in front, and an origin that can be killed;
//! what users saw of that is read from the run. [`scaled`] has replicas with a stated capacity behind a balancer, and a
//! policy that scales them. [`watched`] has a Prometheus and a watch over it. [`payments`] and [`pool`] are the claims
//! that the judge judges beside the story's requirements.

mod child;
mod edged;
mod outage;
pub mod payments;
pub mod pool;
mod restart;
pub mod scaled;
mod system;
pub mod watched;

pub use edged::{Away, EdgedSystem, RULES as EDGE_RULES};
pub use outage::{Cold, KEPT, Part, Seen, cold, seen};
pub use restart::{RestartAt, Restarting, restart_at};
pub use system::{
    Crashed, Gateway, GatewayFaults, PoolUse, Reconciled, ReferenceSettings, ReferenceSystem, Staged,
};
