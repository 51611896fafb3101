//! A run as one picture: its verdict and the two charts that matter; and a search for the load line as one.

mod chart;
mod lines;
mod load_line;
mod markup;
mod picture;
mod scale;
#[cfg(test)]
mod tests;

pub use load_line::{LoadLine, LoadPoint, load_line_svg};
pub use picture::svg;
