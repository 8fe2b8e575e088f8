//! `cauce::platform::fuzzing::body` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::platform::fuzzing::body(data));
