//! Fuzzes [`tracecast_fuzz::models`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::models(input));
