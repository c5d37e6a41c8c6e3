# Two servers behind one client at full load, each restarted in turn. Sourced by dev/bench-protocol.
# shellcheck shell=bash

restart_in_flight=64
# Between the end of one restart and the next, in seconds.
restart_pause=0.7

# restarted NAME: ends a server in order, notes what it has run, and starts it again on its port.
restarted() {
    local at="${port[$1]}"
    end "$1"
    count_ran "$1"
    start "$1" "$swift_bin/stop-server" "$build/stop-response.bin" async --port "$at"
}

# count_ran NAME: adds what an ended server says it has run.
count_ran() {
    local count
    count="$(awk '$1 == "ran" { print $2 }' "$run/$1.out")"
    [[ -n "$count" ]] || { echo "the server $1 did not say what it has run" >&2; exit 1; }
    ran=$((ran + count))
    least=$((least < 0 || count < least ? count : least))
    lives=$((lives + 1))
}

part_restart() {
    local ran=0 least=-1 lives=0 name client line calls failed
    for name in one two; do start "$name" "$swift_bin/stop-server" "$build/stop-response.bin" async; done
    mkfifo "$run/until"
    timeout 300 "$swift_bin/restart-load" "$build/stop-request.bin" "$build/stop-response.bin" "$restart_in_flight" \
        "${port[one]}" "${port[two]}" <"$run/until" >"$run/restart.out" 2>"$run/restart.err" &
    client=$!
    pid[restart-load]=$client
    # The client calls until a line comes here.
    exec 9>"$run/until"
    for ((round = 1; round <= restarts; round++)); do
        for name in one two; do
            sleep "$restart_pause"
            restarted "$name"
        done
    done
    sleep "$restart_pause"
    echo >&9
    exec 9>&-
    wait "$client" || { echo "the client failed:" >&2; cat "$run/restart.err" >&2; exit 1; }
    unset "pid[restart-load]"
    rm "$run/until"
    for name in one two; do end "$name"; count_ran "$name"; done

    line="$(cat "$run/restart.out")"
    note restart "$line,\"restarts\":$((2 * restarts)),\"ran\":$ran,\"least\":$least"
    calls="$(median restart calls)" failed="$(median restart failed)"
    printf '\nrestart: two servers behind one client, %d calls in flight, each server restarted %d times in turn\n' \
        "$restart_in_flight" "$restarts"
    printf '%12s %10s %10s %12s %14s %26s\n' calls failed calls/s "longest ms" "run by servers" "least in a server's life"
    printf '%12d %10d %10.0f %12s %14d %26d\n' "$calls" "$failed" \
        "$(awk -v c="$calls" -v s="$(median restart seconds %.3f)" 'BEGIN { print c / s }')" \
        "$(median restart longest_ms %.1f)" "$ran" "$least"
    if ((failed > 0)); then
        broken "a rolling restart must fail no call: $(cat "$run/restart.err")"
    elif ((ran != calls)); then
        broken "the client made $calls calls, yet the servers have run $ran"
    elif ((least == 0)); then
        broken "one of the $lives servers was never called, so that its restart shows nothing"
    fi
}
