//! Feeds [`aileron_fuzz::command`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::command::check(data));
