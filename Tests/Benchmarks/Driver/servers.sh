# Starts the servers that are measured, and ends them by their process ids. Sourced; makes the folder `run` for everything
# that lives as long as the script.
# shellcheck shell=bash

run="$(mktemp -d)"
declare -A port pid

clean_up() {
    local name
    for name in "${!pid[@]}"; do kill "${pid[$name]}" 2>/dev/null || true; done
    rm -rf "$run"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# start NAME COMMAND...: starts a server and waits, 10 s at most, until it says where it listens.
start() {
    local name="$1"
    shift
    # The file must exist before it is read below; the shell of the server may not have run by then.
    : >"$run/$name.out"
    "$@" >"$run/$name.out" 2>"$run/$name.err" &
    pid[$name]=$!
    for _ in {1..100}; do
        port[$name]="$(awk '$1 == "listening" { print $2 }' "$run/$name.out")"
        [[ -n "${port[$name]}" ]] && return 0
        kill -0 "${pid[$name]}" 2>/dev/null || break
        sleep 0.1
    done
    echo "the server $name did not start:" >&2
    cat "$run/$name.err" >&2
    exit 1
}

# end NAME: asks a server to end in order, and waits until it has.
end() {
    kill -TERM "${pid[$1]}"
    wait "${pid[$1]}" || { echo "the server $1 ended with an error:" >&2; cat "$run/$1.err" >&2; exit 1; }
    unset "pid[$1]" "port[$1]"
}
