//! Feeds [`aileron_fuzz::layout`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::layout::check(data));
