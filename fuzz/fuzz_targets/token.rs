//! `cauce::platform::fuzzing::token` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::platform::fuzzing::token(&String::from_utf8_lossy(data)));
