//! The library's files see by `cfg(loom)` that they are compiled for the models.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(loom)");
    println!("cargo::rustc-cfg=loom");
    println!("cargo::rerun-if-changed=src/build.rs");
}
