//! Feeds [`aileron_fuzz::cron`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aileron_fuzz::cron::check(data));
