//! Reading DSN and endpoint, and whether they agree.
