//! Builds again when the page was built: the files inside a release are those of `web/dist`.
fn main() {
    println!("cargo:rerun-if-changed=../../web/dist");
}
