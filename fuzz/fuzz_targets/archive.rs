//! Feeds [`aileron_fuzz::archive`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::archive::check(data));
