//! Fuzzes [`tracecast_fuzz::trace`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::trace(input));
