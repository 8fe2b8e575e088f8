//! `cauce::webhooks::fuzzing::target` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::webhooks::fuzzing::target(&String::from_utf8_lossy(data)));
