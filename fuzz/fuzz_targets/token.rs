//! Feeds [`aileron_fuzz::token`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::token::check(data));
