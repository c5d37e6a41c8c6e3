# What connections without a call cost. Sourced by dev/bench-protocol.
# shellcheck shell=bash

# hold MORE: opens so many connections more, by a process that keeps them; notes for the sum, `count`, how long that took.
hold() {
    local name="holder$1" line=""
    : >"$run/$name.out"
    "$build/idle_connections" --port "${port[idle]}" --connections "$1" >"$run/$name.out" 2>"$run/$name.err" &
    pid[$name]=$!
    holders+=("$name")
    for _ in {1..600}; do
        line="$(cat "$run/$name.out")"
        [[ -n "$line" ]] && break
        kill -0 "${pid[$name]}" 2>/dev/null || break
        sleep 0.1
    done
    [[ -n "$line" ]] || { echo "$1 connections were not opened:" >&2; cat "$run/$name.err" "$run/idle.err" >&2; exit 1; }
    note "idle $count" "${line//\"seconds\"/\"set_up_s\"}"
}

resident_kib() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"; }

# Both ends need a descriptor for each connection; what is started here inherits the limit.
raise_file_limit() {
    (($(ulimit -Sn) >= $1)) || ulimit -Sn "$1" 2>/dev/null || {
        echo "$connections connections take $1 open files, and at most $(ulimit -Hn) are allowed (ulimit -Hn)" >&2
        exit 1
    }
}

# idle_row HELD: one line of the table, from what was noted with so many connections held.
idle_row() {
    local point key="idle $1"
    printf '%12d %10s %11s %9s' "$1" "$(median "$key" set_up_s %.2f)" "$(mib "$(median "$key" resident_kib)")" \
        "$(median "$key" kib_each %.1f)"
    for point in $idle_points; do
        key="idle $1 $point"
        printf ' | %9s %7s %8s %8s' "$(median "$key" calls_per_s)" "$(ratio "$key" "idle 0 $point" calls_per_s)" \
            "$(median "$key" p50_us %.1f)" "$(median "$key" p99_us %.1f)"
    done
    printf '\n'
}

part_idle() {
    local idle_points="1x1 1x64" holders=() few=$((connections / 10)) held=0 kib none point count name
    raise_file_limit $((connections + 200))
    for name in idle empty; do
        start "$name" "$swift_bin/stop-server" "$build/stop-response.bin" inline --max-connections $((connections + 64))
        # The first calls take memory of their own, which no connection must be charged with.
        for point in $idle_points; do load "idle before" "$name" "$point" "$build/load_client" --protocol cutover; done
    done
    none="$(resident_kib "${pid[idle]}")"
    note "idle 0" "\"resident_kib\":$none"
    for count in $few $connections; do
        hold $((count - held))
        held="$count"
        kib="$(resident_kib "${pid[idle]}")"
        note "idle $count" "\"resident_kib\":$kib,\"kib_each\":$(awk -v kib=$((kib - none)) -v n="$count" 'BEGIN { print kib / n }')"
        for ((round = 1; round <= rounds; round++)); do
            for point in $idle_points; do
                # The other server has no idle connections.
                load "idle 0 $point" empty "$point" "$build/load_client" --protocol cutover
                load "idle $count $point" idle "$point" "$build/load_client" --protocol cutover
            done
        done
    done
    for name in "${holders[@]}"; do
        # One that has lost a connection has ended with an error.
        kill -TERM "${pid[$name]}" 2>/dev/null || true
        wait "${pid[$name]}" || broken "idle connections were lost: $(cat "$run/$name.err")"
        unset "pid[$name]"
    done
    end idle
    end empty

    printf '\nidle: connections that are set up and have no call, and one working client among them (medians of %d)\n' "$rounds"
    echo "set-up s is for the connections that a row has more than the one above; KiB each is resident memory of the server."
    printf '%-44s' ""
    for point in $idle_points; do printf ' |  client %-27s' "$point"; done
    printf '\n%12s %10s %11s %9s' connections "set-up s" "server MiB" "KiB each"
    for point in $idle_points; do printf ' | %9s %7s %8s %8s' calls/s "x none" "p50 us" "p99 us"; done
    printf '\n'
    for count in 0 $few $connections; do idle_row "$count"; done
}
