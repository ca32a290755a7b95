//! What the tests share.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod export;
pub(crate) mod foreign_receiver;
pub(crate) mod handlers;
pub(crate) mod http;
pub(crate) mod http_proxy;
pub(crate) mod keys;
pub(crate) mod listener;
pub(crate) mod name_server;
pub(crate) mod pooler;
pub(crate) mod program;
pub(crate) mod rotel;
pub(crate) mod skipping;
pub(crate) mod small_disk;
pub(crate) mod statements;
