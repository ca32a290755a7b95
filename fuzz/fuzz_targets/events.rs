//! Fuzzes [`tracecast_fuzz::events`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::events(input));
