//! Fuzzes [`tracecast_fuzz::upstreams`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::upstreams(input));
