#!/bin/sh
# Type-checks the workspace for the other platforms whose standard library is installed, and names those it is not.
set -eu

libraries="$(rustc --print sysroot)/lib/rustlib"
missing=""
for target in aarch64-unknown-linux-gnu aarch64-apple-darwin x86_64-pc-windows-msvc; do
    if [ -d "$libraries/$target/lib" ]; then
        echo "cargo check --target $target"
        # The stable ABI needs no interpreter of the other platform.
        env -u PYO3_PYTHON PYO3_NO_PYTHON=1 cargo check --workspace --locked --quiet --target "$target"
    else
        missing="$missing $target"
    fi
done
if [ -n "$missing" ]; then
    echo "not checked, because their targets are not installed:$missing"
    echo "  (rustup target add$missing)"
fi
