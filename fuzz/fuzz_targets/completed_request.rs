//! Fuzzes [`tracecast_fuzz::completed_request`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::completed_request(input));
