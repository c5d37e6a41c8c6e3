# Latency at a fixed rate, from when a call was due. Sourced by dev/bench.
# shellcheck shell=bash

rate_peers=(floor cutover cutover-async grpc-cpp)
# The closed loop whose rate is the peak; at a fixed rate a connection may have `rate_slots` calls in flight before one waits.
peak_point=8x16 rate_slots=128

part_rate() {
    local peer percent peak rate key shares="30 60 80" measured
    take_peers "${rate_peers[@]}" || return 0
    for ((round = 1; round <= rounds; round++)); do
        for peer in $measured; do measure rate "$peer" "$peak_point" stop peak; done
    done
    for ((round = 1; round <= rounds; round++)); do
        for percent in $shares; do
            for peer in $measured; do
                peak="$(median "rate $peer $peak_point stop peak" calls_per_s)"
                rate=$((peak * percent / 100))
                measure rate "$peer" "${peak_point%x*}x$rate_slots" stop "$percent" --rate $((rate > 0 ? rate : 1))
            done
        done
    done
    printf '\nrate: stops at a share of the peak, which is the closed loop at %s; latency from when each was due (medians of %d)\n' \
        "$peak_point" "$rounds"
    echo "sent is what was answered as a share of what was asked: below 1 the rate was not held, and waiting went on growing."
    printf '%-14s %8s %10s %6s | %9s %9s %9s %9s | %9s\n' "" "of peak" "calls/s" sent "p50 us" "p99 us" "p99.9 us" "p99/p50" "x floor"
    for percent in $shares; do
        for peer in $measured; do
            peak="$(median "rate $peer $peak_point stop peak" calls_per_s)"
            key="rate $peer ${peak_point%x*}x$rate_slots stop $percent"
            printf '%-14s %7d%% %10s %6s | %9s %9s %9s %9s | %9s\n' "$peer" "$percent" "$(median "$key" calls_per_s)" \
                "$(awk -v got="$(median "$key" calls_per_s)" -v asked="$((peak * percent / 100))" \
                    'BEGIN { printf "%.2f", (asked > 0 ? got / asked : 0) }')" \
                "$(median "$key" p50_us %.1f)" "$(median "$key" p99_us %.1f)" "$(median "$key" p999_us %.1f)" \
                "$(awk -v p99="$(median "$key" p99_us %.1f)" -v p50="$(median "$key" p50_us %.1f)" \
                    'BEGIN { printf "%.1f", (p50 > 0 ? p99 / p50 : 0) }')" \
                "$(ratio "$key" "rate floor ${peak_point%x*}x$rate_slots stop $percent" p99_us)"
        done
    done
    echo "x floor is p99 beside that of the floor at the same share of its own peak."
}
