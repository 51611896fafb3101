//! A run as one picture: its verdict and the two charts that matter.

mod chart;
mod lines;
mod markup;
mod picture;
mod scale;
#[cfg(test)]
mod tests;

pub use picture::svg;
