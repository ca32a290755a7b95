//! Fuzzes [`tracecast_fuzz::dsn`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tracecast_fuzz::dsn(input));
