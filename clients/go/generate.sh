#!/bin/sh
# Writes internal/weirv1 from proto/, with buf and the plugins below, which `go install` keeps in its cache. The code is checked
# in, so that whoever imports the module needs no compiler. An argument is the folder to write to instead of this one.
set -eu
cd "$(dirname "$0")"
out="${1:-.}"
plugins="$(mktemp -d)"
trap 'rm -rf "$plugins"' EXIT
GOBIN="$plugins" go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
GOBIN="$plugins" go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
PATH="$plugins:$PATH" ../../node_modules/.bin/buf generate ../../proto --path ../../proto/weir/v1 -o "$out" --template '{
  "version": "v2",
  "plugins": [
    {"local": "protoc-gen-go", "out": ".", "opt": "module=weir.dev/client"},
    {"local": "protoc-gen-go-grpc", "out": ".", "opt": "module=weir.dev/client"}
  ]
}'
# Of what it was generated from: a test tells when that has changed.
cat ../../proto/weir/v1/*.proto | sha256sum | cut -d ' ' -f 1 > "$out/internal/weirv1/proto.sha256"
