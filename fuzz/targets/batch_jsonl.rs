#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| unearth_external::fuzz::batch(
    unearth_external::Format::JsonLines,
    bytes
));
