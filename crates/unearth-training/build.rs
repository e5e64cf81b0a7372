//! Builds the C++ shim and tells the linker and the binary crate where libtorch lies.

use std::{env, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=shim/shim.cpp");
    // torch-sys has `links = "tch"` and reports the folder that it linked against.
    let lib = env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys reports its library folder");
    let root = Path::new(&lib)
        .parent()
        .expect("libtorch's libraries lie in a folder of libtorch");

    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .warnings(false)
        .include(root.join("include"))
        .include(root.join("include/torch/csrc/api/include"))
        .file("shim/shim.cpp")
        .compile("unearth_shim");

    // Link arguments reach this package's own tests only; the binary reads the folder from
    // DEP_UNEARTH_TRAINING_LIBTORCH_LIB and does the same.
    println!("cargo::metadata=libtorch_lib={lib}");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
}
