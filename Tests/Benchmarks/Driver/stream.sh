# How fast a server streams to one client. Sourced by dev/bench.
# shellcheck shell=bash

stream_peers=(cutover grpc-cpp grpc-swift)

part_stream() {
    local peer key server request="" response="" measured client
    take_peers "${stream_peers[@]}" || return 0
    for ((round = 1; round <= rounds; round++)); do
        for peer in $measured; do
            case "$peer" in
                cutover) client=("$swift_bin/stop-load") ;;
                grpc-cpp) client=("$build/grpc_stream_client") ;;
                grpc-swift) client=("$grpc_swift_bin/grpc-stop-load") ;;
            esac
            serve "$peer"
            load "stream $peer 1x1 bulk -" "$server" 1x1 "${client[@]}" --stream-items "$stream_items"
        done
    done
    printf '\nstream: %d items of 64 KiB to one client, each compared there (medians of %d; CPU is seconds for 1,000 MB)\n' \
        "$stream_items" "$rounds"
    printf '%-14s %9s %8s %11s %11s %11s %11s\n' "" MB/s "x gRPC" "server CPU" "client CPU" "server MiB" "client MiB"
    for peer in $measured; do
        key="stream $peer 1x1 bulk -"
        printf '%-14s %9s %8s %11s %11s %11s %11s\n' "$peer" "$(median "$key" mb_per_s)" \
            "$(ratio "$key" "stream grpc-cpp 1x1 bulk -" mb_per_s)" "$(median "$key" server_cpu_s_per_gb %.3f)" \
            "$(median "$key" client_cpu_s_per_gb %.3f)" "$(median "$key" server_kib | awk '{ printf "%.1f", $1 / 1024 }')" \
            "$(median "$key" client_kib | awk '{ printf "%.1f", $1 / 1024 }')"
    done
}
