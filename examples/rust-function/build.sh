#!/bin/sh
# Builds the function and puts its executable where serverless.yml packages it.
set -eu
cd "$(dirname "$0")"
cargo build --release --quiet
cp target/release/bootstrap bootstrap
echo "bootstrap: $(wc -c < bootstrap) bytes"
