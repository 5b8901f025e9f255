//! Feeds [`aileron_fuzz::castability`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::castability::check(data));
