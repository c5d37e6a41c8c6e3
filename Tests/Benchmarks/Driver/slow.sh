# What slow calls do to the others. Sourced by dev/bench.
# shellcheck shell=bash

slow_peers=(cutover-async grpc-cpp grpc-cpp-queue)
slow_point=8x16

part_slow() {
    local peer key measured server_options
    take_peers "${slow_peers[@]}" || return 0
    for ((round = 1; round <= rounds; round++)); do
        for peer in $measured; do
            server_options=()
            measure slow "$peer" "$slow_point" stop without
            server_options=(--slow-percent "$slow_percent" --slow-ms "$slow_ms")
            measure slow "$peer" "$slow_point" stop with
        done
    done
    printf '\nslow: %s %% of the calls take %s ms, at %s in a closed loop; latencies are those of the others (medians of %d)\n' \
        "$slow_percent" "$slow_ms" "$slow_point" "$rounds"
    printf '%-14s %-8s %10s %9s | %9s %9s %9s | %8s %8s\n' "" "slow" "calls/s" "slow" "p50 us" "p99 us" "p99.9 us" "x p50" "x p99"
    for peer in $measured; do
        for key in "slow $peer $slow_point stop without" "slow $peer $slow_point stop with"; do
            printf '%-14s %-8s %10s %8s%% | %9s %9s %9s | %8s %8s\n' "$peer" "${key##* }" "$(median "$key" calls_per_s)" \
                "$(awk -v slow="$(median "$key" slow_calls)" -v calls="$(median "$key" calls)" \
                    'BEGIN { printf "%.2f", (calls > 0 ? slow / calls * 100 : 0) }')" \
                "$(median "$key" p50_us %.1f)" "$(median "$key" p99_us %.1f)" "$(median "$key" p999_us %.1f)" \
                "$(ratio "$key" "slow $peer $slow_point stop without" p50_us)" \
                "$(ratio "$key" "slow $peer $slow_point stop without" p99_us)"
        done
    done
}
