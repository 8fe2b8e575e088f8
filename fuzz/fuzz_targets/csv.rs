//! `cauce::leads::fuzzing::csv` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::leads::fuzzing::csv(data));
