//! What a search has found, in words and as a picture.

mod amount;
mod chart;
mod fitted;
mod limit;
mod replicas;
mod sentence;
mod unseen;

pub use amount::{amount, seconds};
pub use chart::{Point, chart};
pub use fitted::{Fitted, Loaded};
pub use limit::{Part, limited_by, refuses};
pub use replicas::{Foreseen, ReplicaFit, Replicas};
pub use sentence::{Telling, recovery, sentence};
pub use unseen::unseen;
