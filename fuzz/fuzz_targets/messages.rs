//! Fuzzes [`tracecast_fuzz::messages`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::messages(input));
