//! `cauce::webhooks::fuzzing::headers` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::webhooks::fuzzing::headers(data));
