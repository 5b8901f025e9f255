//! Feeds [`aileron_fuzz::path`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::path::check(data));
