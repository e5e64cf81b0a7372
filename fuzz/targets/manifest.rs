#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| unearth_dataset::fuzz::manifest(bytes));
