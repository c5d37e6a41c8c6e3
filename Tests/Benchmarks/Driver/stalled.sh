# Unary calls over a connection with a stream that nobody reads, beside the same without it. Sourced by dev/bench-protocol.
# shellcheck shell=bash

stalled_mib=256

part_stalled() {
    local points="1x1 1x64" point way mib key
    for ((round = 1; round <= rounds; round++)); do
        for point in $points; do
            for way in without with; do
                mib=0
                [[ "$way" == without ]] || mib="$stalled_mib"
                # New processes each time, so that their memory is that of this round. Handlers are Swift tasks, as the
                # stream's is.
                start stalled "$swift_bin/stop-server" "$build/stop-response.bin" async
                load "stalled $way $point" stalled "$point" "$swift_bin/stop-load" --stalled-mib "$mib"
                end stalled
            done
        done
    done
    printf '\nstalled: a stream of %d MiB whose reader stalls, and unary calls over the same connection (medians of %d)\n' \
        "$stalled_mib" "$rounds"
    echo "Each of these streams was read to its end afterwards; length and checksum were right."
    printf '%-6s %-14s %9s %8s %8s %8s %8s %11s %11s\n' "" stream calls/s "p50 us" "p99 us" "x p50" "x p99" "server MiB" "client MiB"
    for point in $points; do
        for way in without with; do
            key="stalled $way $point"
            printf '%-6s %-14s %9s %8s %8s %8s %8s %11s %11s\n' "$point" "$way" "$(median "$key" calls_per_s)" \
                "$(median "$key" p50_us %.1f)" "$(median "$key" p99_us %.1f)" \
                "$(ratio "$key" "stalled without $point" p50_us)" "$(ratio "$key" "stalled without $point" p99_us)" \
                "$(mib "$(median "$key" server_kib)")" "$(mib "$(median "$key" client_kib)")"
        done
    done
}
