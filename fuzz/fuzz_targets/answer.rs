//! Fuzzes [`tracecast_fuzz::answer`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::answer(input));
