//! The console is embedded from `dist/`, which trunk fills; a new file there must reach the binary.

fn main() {
    println!("cargo::rerun-if-changed=../dist");
}
