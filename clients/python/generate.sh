#!/bin/sh
# Writes src/weir/v1 from proto/, with the grpcio-tools that pyproject.toml names: `pip install -e '.[dev]'` first.
# An argument is the folder to write to instead. The code is checked in, so that whoever installs the package needs no compiler.
set -eu
cd "$(dirname "$0")"
out="${1:-src}"
"${PYTHON:-python3}" -m grpc_tools.protoc -I ../../proto --python_out="$out" --pyi_out="$out" --grpc_python_out="$out" \
  weir/v1/types.proto weir/v1/query.proto weir/v1/subscription.proto weir/v1/catalog.proto weir/v1/ingest.proto
# Of what it was generated from: a test tells when that has changed.
cat ../../proto/weir/v1/*.proto | sha256sum | cut -d ' ' -f 1 > "$out/weir/v1/proto.sha256"
