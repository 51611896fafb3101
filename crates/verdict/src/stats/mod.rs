//! Estimators and distributions that verdicts stand on. Each names its source, and is tested against figures of another
//! implementation.

mod distribution;
mod holm;
mod level;
mod paired;
mod quantile;
mod spending;
mod tail;

pub(crate) use distribution::{beta_quantile, normal_cdf, normal_quantile, t_cdf, t_quantile};
pub use holm::holm;
pub(crate) use level::{Level, levels};
pub use paired::Paired;
pub(crate) use paired::hodges_lehmann;
pub use quantile::harrell_davis;
pub use spending::Spending;
pub(crate) use tail::tail_correlation;
