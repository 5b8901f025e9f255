//! Feeds [`aileron_fuzz::login`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::login::check(data));
