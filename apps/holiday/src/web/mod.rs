//! The plain HTTP side: bodies, caching, health, images and static files.

pub(crate) mod body;
pub(crate) mod caching;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod images;
