//! `cauce::leads::fuzzing::cell` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::leads::fuzzing::cell(&String::from_utf8_lossy(data)));
