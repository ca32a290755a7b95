//! Fuzzes [`tracecast_fuzz::embeddings`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::embeddings(input));
