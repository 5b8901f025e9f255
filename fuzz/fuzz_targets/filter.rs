//! Feeds [`aileron_fuzz::filter`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::filter::check(data));
