//! Fuzzes [`tracecast_fuzz::endpoint`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::endpoint(input));
