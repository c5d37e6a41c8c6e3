# Installs and builds what is measured. Sourced in the root of the repository by scripts that set -euo pipefail and `build`,
# the folder for everything but Swift.
# shellcheck shell=bash

# What Peers/Makefile needs for gRPC C++.
grpc_toolchain=(
    g++=g++ make=make pkg-config=pkg-config protoc=protobuf-compiler grpc_cpp_plugin=protobuf-compiler-grpc
    grpc++=libgrpc++-dev
)

# install_missing NAME=PACKAGE...: the packages of which neither a command nor a pkg-config module NAME is there.
install_missing() {
    local missing=() pair
    for pair; do
        command -v "${pair%=*}" >/dev/null || pkg-config --exists "${pair%=*}" 2>/dev/null || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    echo "installing ${missing[*]}" >&2
    local apt=(apt-get install -y --no-install-recommends "${missing[@]}")
    if ((EUID == 0)); then
        "${apt[@]}" >"$build/apt.log" 2>&1 || { tail -5 "$build/apt.log" >&2; exit 1; }
    elif command -v sudo >/dev/null; then
        sudo "${apt[@]}"
    else
        echo "run as root: ${apt[*]}" >&2
        exit 1
    fi
}

# build_peers [TARGET...]: the programs in C and C++, and the messages.
build_peers() {
    make --no-print-directory -C Tests/Benchmarks/Peers BUILD="$build" "$@" >"$build/make.log" 2>&1 \
        || { tail -20 "$build/make.log" >&2; exit 1; }
}

# build_swift PRODUCT...: sets `swift_bin`, the folder they are in.
build_swift() {
    local product
    for product in "$@"; do
        swift build -c release --package-path Tests/Benchmarks --product "$product" >"$build/swift.log" 2>&1 \
            || { tail -20 "$build/swift.log" >&2; exit 1; }
    done
    swift_bin="$(swift build -c release --package-path Tests/Benchmarks --show-bin-path)"
}

# build_grpc_swift: sets `grpc_swift_bin`, the folder with the server and the load client of grpc-swift-2.
build_grpc_swift() {
    local package=Tests/Benchmarks/Peers/grpc-swift
    swift build -c release --package-path "$package" >"$build/grpc-swift.log" 2>&1 \
        || { tail -20 "$build/grpc-swift.log" >&2; exit 1; }
    grpc_swift_bin="$(swift build -c release --package-path "$package" --show-bin-path)"
}
