//! All integration tests, in one binary: a module for each area.

mod architecture;
mod embedded_postgres;
mod support;
