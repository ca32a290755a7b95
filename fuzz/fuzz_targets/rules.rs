//! Fuzzes [`tracecast_fuzz::rules`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::rules(input));
