//! Feeds [`aileron_fuzz::request`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::request::check(data));
