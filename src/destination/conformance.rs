//! What holds for every kind of destination.
