//! Our bytes beside prost's.
