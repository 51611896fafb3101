//! Watching without a Prometheus: what services say of themselves, scrape after scrape.

mod reading;
mod scraped;

pub use scraped::{Dropped, Scraped, Unscrapable};
