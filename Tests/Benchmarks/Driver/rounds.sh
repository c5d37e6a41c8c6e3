# Runs load clients, keeps what they print, and takes medians of it. Sourced after servers.sh.
# shellcheck shell=bash

# KEY TAB and the fields of one run, a run a line.
results="$run/results"
: >"$results"

# note KEY FIELDS: keeps a line of "name":value fields.
note() { printf '%s\t%s\n' "$1" "$2" >>"$results"; }

# load KEY SERVER POINT CLIENT...: runs one client at a point CONNECTIONSxIN_FLIGHT against a server that was started, for
# `warmup_ms` and `measure_ms`, and notes its figures. It sends the file `request` and expects `response`: those of a stop,
# unless they are set.
load() {
    local key="$1" server="$2" point="$3" line
    local request="${request:-$build/stop-request.bin}" response="${response:-$build/stop-response.bin}"
    shift 3
    if ! line="$(timeout $(((warmup_ms + measure_ms) / 1000 + 30)) "$@" \
        --port "${port[$server]}" --server-pid "${pid[$server]}" --connections "${point%x*}" --in-flight "${point#*x}" \
        --warmup-ms "$warmup_ms" --measure-ms "$measure_ms" --timeout-ms "$timeout_ms" \
        --request "$request" --response "$response" 2>"$run/client.err")"; then
        echo "the client of $key failed at $point:" >&2
        cat "$run/client.err" "$run/$server.err" >&2
        exit 1
    fi
    note "$key" "$line"
}

# median KEY FIELD [FORMAT]: over the runs of the key.
median() {
    awk -F'\t' -v key="$1" -v field="\"$2\":" '
        $1 == key && (at = index($2, field)) { print substr($2, at + length(field)) + 0 }' "$results" \
        | sort -g | awk -v format="${3:-%.0f}" '
            { value[NR] = $1 }
            END {
                if (NR == 0) { print "-"; exit }
                printf format "\n", NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
            }'
}

# ratio KEY BASE FIELD: of the medians.
ratio() {
    awk -v a="$(median "$1" "$3" %.9g)" -v b="$(median "$2" "$3" %.9g)" \
        'BEGIN { if (b > 0) printf "%.2f\n", a / b; else print "-" }'
}
