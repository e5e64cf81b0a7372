#![no_main]

// Panics of the decoders that we stand on are caught and become errors; libFuzzer's own hook would end at them. What is
// not caught still ends it.
libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| unearth_external::fuzz::batch(
    unearth_external::Format::Arrow,
    bytes
));
