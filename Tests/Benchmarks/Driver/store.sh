# Runs the points of dev/bench-store and prints their table. Sourced by it, with `run`, `cutoverd` and `swift_bin` set.
# shellcheck shell=bash

# tasks_of POINT: how many tasks its store has.
tasks_of() {
    case "$1" in
        single:1x1) echo 10000 ;;
        single:*) echo 100000 ;;
        *) echo "${1#*:}" ;;
    esac
}

# start DATA: a server on the data directory; returns when it listens, within 30 s.
start() {
    rm -f "$run/socket"
    "$cutoverd" --listen "unix:$run/socket" --data-directory "$1" --log-level warning >"$run/log" 2>&1 &
    pid=$!
    for _ in {1..300}; do
        [[ -S "$run/socket" ]] && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "the server did not start:" >&2
    cat "$run/log" >&2
    exit 1
}

end() {
    kill -TERM "$pid"
    wait "$pid" || { echo "the server ended with an error:" >&2; cat "$run/log" >&2; exit 1; }
    pid=""
}

client() { "$swift_bin/store-load" --endpoint "unix:$run/socket" --server-pid "$pid" "$@"; }

# The store's revision goes up by one with each durable commit.
revision() { sqlite3 "$1/cutover.db" 'SELECT revision FROM meta'; }

# fill COUNT: makes the store of so many tasks, once.
fill() {
    [[ -d "$run/filled.$1" ]] && return 0
    echo "filling a store with $1 tasks" >&2
    start "$run/filled.$1"
    client fill "$1" >/dev/null
    end
}

# measure POINT TASKS: one round, as a line of JSON fields.
measure() {
    local point="$1" shape="${1#*:}" filled="$run/filled.$2" work answer before
    case "$point" in
        single:*) work=(single "${shape%x*}" "${shape#*x}") ;;
        ids:*) work=(ids "$2") ;;
        selector:*) work=(selector) ;;
        *) work=("${point%:*}" 3) ;;
    esac
    rm -rf "$run/data"
    cp -a "$filled" "$run/data"
    before="$(revision "$run/data")"
    start "$run/data"
    answer="$(client "${work[@]}")"
    end
    printf '"point":"%s",%s' "$point" "$answer"
    if [[ "$point" != get:* && "$point" != list:* ]]; then
        printf ',"server_commits":%d,' "$(($(revision "$run/data") - before))"
        "$swift_bin/bare-loop" "$filled/cutover.db" "$run/data/cutover.db" "$run/work.db"
        rm -f "$run"/work.db*
    else
        echo
    fi
}

# print_results POINT...: the medians of `results`.
print_results() {
    awk -F, -v points="$*" '
    function median(name, p,    n, i, j, t, v) {
        n = split(values[name, p], v, " ")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
        return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    {
        delete row
        for (i = 1; i <= NF; i++) {
            match($i, /":/)
            name = substr($i, 2, RSTART - 2); value = substr($i, RSTART + 2)
            gsub(/"/, "", value)
            row[name] = value
        }
        if ("bare_tasks" in row) {
            if (row["tasks"] != row["bare_tasks"]) { print "the bare loop wrote " row["bare_tasks"] " tasks"; exit 1 }
            row["ratio"] = row["bare_seconds"] / row["seconds"]
        } else {
            row["tasks"] = row["calls"]
        }
        row["us"] = row["seconds"] * 1e6 / row["tasks"]
        row["cpu"] = row["server_cpu_seconds"] * 1e6 / row["tasks"]
        for (name in row) values[name, row["point"]] = values[name, row["point"]] " " row[name]
    }
    END {
        print "us and CPU us (of the server) are for each task that is stopped, or each call that reads. bare is a loop of GRDB"
        print "alone that writes the same rows in the same commits; x bare is its time as a share of that of the stops."
        format = "%-18s %9s %9s %9s %9s %8s %8s | %9s %8s %7s\n"
        printf format, "", "seconds", "us", "CPU us", "commits", "server", "client", "rows", "bare s", "x bare"
        printf format, "", "", "", "", "", "MiB", "MiB", "", "", ""
        n = split(points, point, " ")
        for (i = 1; i <= n; i++) {
            p = point[i]
            printf "%-18s %9.3f %9.1f %9.1f ", p, median("seconds", p), median("us", p), median("cpu", p)
            if (("ratio", p) in values) printf "%9d ", median("server_commits", p)
            else printf "%9s ", "-"
            printf "%8.0f %8.0f | ", median("server_peak_kib", p) / 1024, median("client_peak_kib", p) / 1024
            if (("ratio", p) in values)
                printf "%9d %8.3f %7.2f\n", median("rows", p), median("bare_seconds", p), median("ratio", p)
            else printf "%9s %8s %7s\n", "-", "-", "-"
        }
    }' "$run/results"
}
