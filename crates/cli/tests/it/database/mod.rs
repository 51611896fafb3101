//! What a load costs a PostgreSQL: a service of known behaviour under load.

mod comments;
mod events;
mod figures;
mod late;
mod live;
mod mapper;
mod regression;
pub(crate) mod scene;
mod trouble;
mod words;
