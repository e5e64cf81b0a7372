//! Lets the binary find libtorch: where it was built, and installed as `../lib/libtorch`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lib = env::var("DEP_UNEARTH_TRAINING_LIBTORCH_LIB")
        .expect("unearth-training reports libtorch's library folder");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib/libtorch");
}
