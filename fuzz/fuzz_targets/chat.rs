//! Fuzzes [`tracecast_fuzz::chat`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::chat(input));
