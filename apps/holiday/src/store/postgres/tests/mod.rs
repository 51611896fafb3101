//! What only this store does.

mod pool;
mod restarts;
mod scene;
mod searches;
mod starting;
mod tls;
