# The server of an earlier commit beside the present one, under the same client. Sourced by dev/bench-protocol.
# shellcheck shell=bash

# Builds the server of a commit, in a work tree of its own in the temporary folder; sets `before_server`.
build_before() {
    local tree="$run/before"
    trap 'git worktree remove --force "$run/before" 2>/dev/null || true; clean_up' EXIT
    git worktree add --detach --quiet "$tree" "$1"
    # The same versions of what both depend on.
    cp Tests/Benchmarks/Package.resolved "$tree/Tests/Benchmarks/"
    echo "building the server of $(git -C "$tree" log -1 --format='%h (%s)') (release; some minutes)" >&2
    swift build -c release --package-path "$tree/Tests/Benchmarks" --product stop-server >"$build/before.log" 2>&1 \
        || { tail -20 "$build/before.log" >&2; exit 1; }
    before_server="$(swift build -c release --package-path "$tree/Tests/Benchmarks" --show-bin-path)/stop-server"
}

part_before() {
    local before_server commit points="1x1 1x64 8x16" point way name key
    commit="$(git rev-parse --short "$before_commit")"
    build_before "$before_commit"
    for way in inline async; do
        start "before-$way" "$before_server" "$build/stop-response.bin" "$way"
        start "now-$way" "$swift_bin/stop-server" "$build/stop-response.bin" "$way"
    done
    for ((round = 1; round <= rounds; round++)); do
        for point in $points; do
            for name in before-inline now-inline before-async now-async; do
                load "$name $point" "$name" "$point" "$build/load_client" --protocol cutover
            done
        done
    done
    printf '\nbefore: the server of %s and of %s, both under the client in C (medians of %d; CPU is seconds for 100,000 calls)\n' \
        "$commit" "$(git rev-parse --short HEAD)" "$rounds"
    printf '%-6s %-8s %-9s %9s %9s %8s %8s %11s %9s\n' "" handler "" calls/s "x before" "p50 us" "p99 us" "server CPU" "x before"
    for point in $points; do
        for way in inline async; do
            for name in before now; do
                key="$name-$way $point"
                printf '%-6s %-8s %-9s %9s %9s %8s %8s %11s %9s\n' "$point" "$way" "$name" "$(median "$key" calls_per_s)" \
                    "$(ratio "$key" "before-$way $point" calls_per_s)" "$(median "$key" p50_us %.1f)" "$(median "$key" p99_us %.1f)" \
                    "$(median "$key" server_cpu_s_per_100k %.3f)" "$(ratio "$key" "before-$way $point" server_cpu_s_per_100k)"
            done
        done
    done
}
