//! A run as one picture: its verdict and the two charts that matter; and a search for the load line, or a sweep over
//! policies, as one.

mod badge;
mod chart;
mod lines;
mod load_line;
mod markup;
mod picture;
mod plane;
mod scale;
#[cfg(test)]
mod tests;
mod trade_off;

pub use badge::{Shows, badge};
pub use load_line::{LoadLine, LoadPoint, load_line_svg};
pub use picture::svg;
pub use trade_off::{Standing, TradeOff, TriedPolicy, trade_off_svg};
