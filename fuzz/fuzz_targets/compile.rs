//! Feeds [`aileron_fuzz::compile`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::compile::check(data));
