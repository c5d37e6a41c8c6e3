# What dev/bench can measure: how each peer is built, served and called. Sourced after toolchain.sh, servers.sh and rounds.sh.
# shellcheck shell=bash

known_peers="floor cutover cutover-async cutover-swift grpc-cpp grpc-cpp-queue grpc-swift capnp ttrpc"
# Go's compiler and Debian's packages for ttrpc are only used where they are there, or are asked for.
go_toolchain=(go=golang-go protoc-gen-gofast=gogoprotobuf)
ttrpc_source=/usr/share/gocode/src/github.com/containerd/ttrpc/server.go

# chosen NAME...: whether one of the peers is measured.
chosen() {
    local name
    for name; do [[ " $peers " == *" $name "* ]] && return 0; done
    return 1
}

# Leaves out ttrpc where it cannot be built, unless it was asked for by name or by --install-go.
choose_peers() {
    if [[ -n "$install_go" ]]; then
        install_missing "${go_toolchain[@]}"
        [[ -f "$ttrpc_source" ]] || install_missing ttrpc=golang-github-containerd-ttrpc-dev
    fi
    if chosen ttrpc && ! { command -v go && command -v protoc-gen-gofast && [[ -f "$ttrpc_source" ]]; } >/dev/null; then
        echo "ttrpc is left out: Go and its packages are not installed (--install-go installs them)" >&2
        peers="$(sed 's/ttrpc//' <<<"$peers")"
        [[ -n "${peers// /}" ]] || exit 2
    fi
}

build_all() {
    local targets=(requests floor) products=(stop-server)
    # The messages of both in C++ come from one run of protoc, which writes gRPC's services too.
    if chosen grpc-cpp grpc-cpp-queue capnp; then install_missing "${grpc_toolchain[@]}"; fi
    if chosen grpc-cpp grpc-cpp-queue; then targets+=(grpc-cpp); fi
    if chosen capnp; then install_missing capnp=capnproto capnp-rpc=libcapnp-dev; targets+=(capnp); fi
    if chosen ttrpc; then targets+=(ttrpc); fi
    if needs allocations; then targets+=("$build/count_malloc.so"); fi
    if chosen grpc-swift; then targets+=(grpc-swift-messages); fi
    echo "building (release)" >&2
    build_peers "${targets[@]}"
    if chosen cutover cutover-async cutover-swift; then
        if chosen cutover-swift || needs stream; then products+=(stop-load); fi
        build_swift "${products[@]}"
    fi
    if chosen grpc-swift; then build_grpc_swift; fi
}

# take_shape SHAPE: sets what the clients send and expect: stop, or echo-N for N bytes, or wire-N, which only the client in C
# can call.
take_shape() {
    case "$1" in
        stop) shape=(--shape stop) request="$build/stop-request.bin" response="$build/stop-response.bin" ;;
        wire-*) shape=(--shape wire) request="$build/echo-${1#*-}.bin" response="$build/echo-${1#*-}.bin" ;;
        echo-*) shape=(--shape echo) request="$build/$1.bin" response="$build/$1.bin" ;;
    esac
}

# serve PEER: starts its server unless it runs, and sets `server`, its name. The floor's knows its sizes only.
# `server_options` are passed on, and make it another server.
serve() {
    local options=("${server_options[@]}") under=("${server_environment[@]}") stop="$build/stop-response.bin" command=()
    case "$1" in
        floor) server="floor-$(basename "$response")" command=("$build/floor_server" "$request" "$response") ;;
        cutover | cutover-swift) server=inline command=("$swift_bin/stop-server" "$stop" inline) ;;
        cutover-async) server=async command=("$swift_bin/stop-server" "$stop" async) ;;
        grpc-cpp) server=grpc command=("$build/grpc_server" "$stop") ;;
        grpc-cpp-queue) server=grpc-queue command=("$build/grpc_queue_server" "$stop") ;;
        grpc-swift) server=grpc-swift command=("$grpc_swift_bin/grpc-stop-server" "$stop") ;;
        capnp) server=capnp command=("$build/capnp_stop_server" "$stop") ;;
        ttrpc) server=ttrpc command=("$build/ttrpc_server" "$stop") ;;
    esac
    server+="$(printf '%s' "${options[@]}" "${under[@]}" | tr -c 'a-zA-Z0-9-' _)"
    [[ -n "${port[$server]:-}" ]] || start "$server" env "${under[@]}" "${command[@]}" "${options[@]}"
}

# end_servers: kills all; nothing runs on them any more, and what gRPC ends with means nothing.
end_servers() {
    local name
    for name in "${!pid[@]}"; do
        kill "${pid[$name]}" 2>/dev/null || true
        wait "${pid[$name]}" 2>/dev/null || true
        unset "pid[$name]" "port[$name]"
    done
}

# call PEER: sets `client`, the load client of a peer.
call() {
    case "$1" in
        floor) client=("$build/load_client" --protocol floor) ;;
        cutover | cutover-async) client=("$build/load_client" --protocol cutover) ;;
        cutover-swift) client=("$swift_bin/stop-load") ;;
        grpc-cpp | grpc-cpp-queue) client=("$build/grpc_client") ;;
        grpc-swift) client=("$grpc_swift_bin/grpc-stop-load") ;;
        capnp) client=("$build/capnp_load_client") ;;
        ttrpc) client=("$build/ttrpc_load") ;;
    esac
}

# measure PART PEER POINT SHAPE [VARIANT [OPTION...]]: runs the client of a peer once and notes its figures under the key
# "PART PEER POINT SHAPE VARIANT".
measure() {
    local part="$1" peer="$2" point="$3" shape_name="$4" variant="${5:--}" server client shape request response
    shift $(($# < 5 ? $# : 5))
    take_shape "$shape_name"
    serve "$peer"
    call "$peer"
    load "$part $peer $point $shape_name $variant" "$server" "$point" "${client[@]}" "${shape[@]}" "$@"
}

# take_peers PEER...: sets `measured` to those of these that were chosen; false, and says so, when there are none.
take_peers() {
    local name
    measured=""
    for name; do if chosen "$name"; then measured+=" $name"; fi; done
    [[ -n "$measured" ]] || { echo "none of the peers that are measured here was chosen: $*" >&2; return 1; }
}
