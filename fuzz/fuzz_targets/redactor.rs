//! Fuzzes [`tracecast_fuzz::redactor`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::redactor(input));
