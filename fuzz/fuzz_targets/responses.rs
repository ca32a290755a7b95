//! Fuzzes [`tracecast_fuzz::responses`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::responses(input));
