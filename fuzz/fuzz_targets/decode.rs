//! Feeds [`aileron_fuzz::decode`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::decode::check(data));
