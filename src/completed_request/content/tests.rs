//! Content of real and of strange requests.
