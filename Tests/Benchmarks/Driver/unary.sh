# Unary calls in a closed loop: stops, and echo of several sizes. Sourced by dev/bench.
# shellcheck shell=bash

# Medians over the rounds, and their ratios to the floor and to gRPC C++. Writes the table, and JSON to the file `json`.
table='
function median(key,    n, i, j, t, v) {
    n = split(values[key], v, " ")
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
}
# How far the rounds lie apart, in percent of the median: the noise of the machine.
function spread(key,    n, i, v, low, high) {
    n = split(values[key], v, " ")
    low = high = v[1] + 0
    for (i = 2; i <= n; i++) { if (v[i] + 0 < low) low = v[i] + 0; if (v[i] + 0 > high) high = v[i] + 0 }
    return (high - low) / median(key) * 100
}
function ratio(field, key, base,    other) {
    if (!(base in seen)) return "-"
    other = median(field SUBSEP base)
    return other > 0 ? sprintf("%.3g", median(field SUBSEP key) / other) : "-"
}
# Calls per second of one of ours as multiples of those of the others.
function beside(name, point,    i, line) {
    for (i = 1; i <= peers_count; i++)
        if (peer[i] !~ /^cutover/)
            line = line sprintf("  %s %s", peer[i], ratio("calls_per_s", name SUBSEP point, peer[i] SUBSEP point))
    if (line != "") printf "%-14s is x%s\n", name, line
}
function member(name, value) { return "\"" name "\":" (value == "-" ? "null" : value) }
BEGIN { n = split("calls_per_s p50_us p99_us server_cpu_s_per_100k client_cpu_s_per_100k", fields, " ") }
{
    split($1, name, " ")
    if (name[1] != part || name[4] != shape) next
    key = name[2] SUBSEP name[3]
    seen[key] = 1
    count = split($2, pairs, ",")
    for (i = 1; i <= count; i++) {
        split(pairs[i], pair, ":")
        gsub(/"/, "", pair[1])
        row[pair[1]] = pair[2]
    }
    for (i = 1; i <= n; i++) values[fields[i] SUBSEP key] = values[fields[i] SUBSEP key] " " row[fields[i]]
}
END {
    points_count = split(points, point, " ")
    peers_count = split(peers, peer, " ")
    for (p = 1; p <= points_count; p++) {
        split(point[p], size, "x")
        printf "\n%s%d connection%s, %d in flight on each\n", title, size[1], (size[1] > 1 ? "s" : ""), size[2]
        printf "%-14s %10s %7s %9s %9s | %8s %8s | %10s %10s | %8s %8s\n", "", "calls/s", "spread", "p50 us", "p99 us", \
            "x floor", "x gRPC", "server CPU", "client CPU", "x floor", "x gRPC"
        for (q = 1; q <= peers_count; q++) {
            key = peer[q] SUBSEP point[p]; floor = "floor" SUBSEP point[p]; grpc = "grpc-cpp" SUBSEP point[p]
            cells = ""
            for (i = 1; i <= n; i++) cells = cells "," member(fields[i], median(fields[i] SUBSEP key))
            cells = cells "," member("calls_spread_percent", sprintf("%.0f", spread("calls_per_s" SUBSEP key)))
            speed_floor = ratio("calls_per_s", key, floor); speed_grpc = ratio("calls_per_s", key, grpc)
            cpu_floor = ratio("server_cpu_s_per_100k", key, floor); cpu_grpc = ratio("server_cpu_s_per_100k", key, grpc)
            printf "%-14s %10.0f %6.0f%% %9.1f %9.1f | %8s %8s | %10.3f %10.3f | %8s %8s\n", peer[q], \
                median("calls_per_s" SUBSEP key), spread("calls_per_s" SUBSEP key), median("p50_us" SUBSEP key), median("p99_us" SUBSEP key), \
                speed_floor, speed_grpc, median("server_cpu_s_per_100k" SUBSEP key), \
                median("client_cpu_s_per_100k" SUBSEP key), cpu_floor, cpu_grpc
            printf "{\"peer\":\"%s\",\"point\":\"%s\",\"shape\":\"%s\"%s,%s,%s,%s,%s}\n", peer[q], point[p], shape, cells, \
                member("calls_to_floor", speed_floor), member("calls_to_grpc_cpp", speed_grpc), \
                member("server_cpu_to_floor", cpu_floor), member("server_cpu_to_grpc_cpp", cpu_grpc) >> json
        }
        for (q = 1; q <= peers_count; q++) if (peer[q] ~ /^cutover/) beside(peer[q], point[p])
    }
}'

# unary PART SHAPE TITLE POINTS: all peers in turn at these points.
unary() {
    local part="$1" shape="$2" title="$3" at="$4" point peer
    for ((round = 1; round <= rounds; round++)); do
        for point in $at; do
            for peer in $peers; do measure "$part" "$peer" "$point" "$shape"; done
        done
    done
    awk -F'\t' -v part="$part" -v shape="$shape" -v title="$title" -v points="$at" -v peers="$peers" -v json="$medians" \
        "$table" "$results"
}

part_unary() {
    local shape=stop title=""
    printf '\nunary: CPU is seconds of the process per 100,000 calls; x floor and x gRPC are ratios of the medians (of %d).\n' "$rounds"
    echo "spread is from the slowest round to the fastest: above some 20% the machine was busy with other things."
    if [[ -n "$payload" ]]; then shape="echo-$payload" title="echo of $payload bytes, "; fi
    unary unary "$shape" "$title" "$points"
}

part_payload() {
    local bytes
    printf '\npayload: echo of so many bytes in each direction, besides what frames and messages add (medians of %d)\n' "$rounds"
    for bytes in $payloads; do
        unary payload "echo-$bytes" "$bytes bytes, " "$payload_points"
        # The floor's servers are for one size.
        end_servers
    done
}
