//! Fuzzes [`tracecast_fuzz::completions`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::completions(input));
