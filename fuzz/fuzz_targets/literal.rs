//! Feeds [`aileron_fuzz::literal`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::literal::check(data));
