//! `cauce::platform::fuzzing::cursor` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::platform::fuzzing::cursor(&String::from_utf8_lossy(data)));
