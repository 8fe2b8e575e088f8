//! `cauce::leads::fuzzing::answer` says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cauce::leads::fuzzing::answer(data));
