# The clients in C and Python beside gRPC's own, each on its own server. Sourced by dev/bench-protocol.
# shellcheck shell=bash

# A virtual environment with Clients/Python as pip installs it, and grpcio.
make_python() {
    python="$build/python/bin/python"
    {
        [[ -x "$python" ]] || python3 -m venv "$build/python"
        "$python" -m pip install --disable-pip-version-check --quiet grpcio ./Clients/Python
        # The version stays the same while the sources change.
        "$python" -m pip install --disable-pip-version-check --quiet --force-reinstall --no-deps ./Clients/Python
    } >"$build/pip.log" 2>&1 || { tail -20 "$build/pip.log" >&2; exit 1; }
}

# run_client NAME POINT: one round of one client.
run_client() {
    local key="clients $1 $2"
    case "$1" in
        cutover-c) load "$key" cutover "$2" "$build/cutover_c" ;;
        grpc-cpp) load "$key" grpc "$2" "$build/grpc_client" ;;
        cutover-asyncio | cutover-blocking) load "$key" cutover "$2" "$python" Tests/Benchmarks/Peers/clients/python_load.py --client "$1" ;;
        grpcio-asyncio | grpcio-blocking) load "$key" grpc "$2" "$python" Tests/Benchmarks/Peers/clients/python_load.py --client "$1" ;;
    esac
}

# lines FILE...: of code: neither empty nor a comment alone on its line. Docstrings count.
lines() {
    cat "$@" | awk '
        /^[ \t]*$/ || /^[ \t]*(#[^a-z]|#$|\/\/)/ { next }
        /^[ \t]*\/\*/ { comment = 1 }
        comment { if (/\*\//) comment = 0; next }
        { n++ }
        END { print n + 0 }'
}

part_clients() {
    local python points="1x1 1x64" point name key base
    local names="cutover-c grpc-cpp cutover-asyncio grpcio-asyncio cutover-blocking grpcio-blocking"
    declare -A beside=([cutover-c]=grpc-cpp [cutover-asyncio]=grpcio-asyncio [cutover-blocking]=grpcio-blocking)
    make_python
    start cutover "$swift_bin/stop-server" "$build/stop-response.bin" inline
    start grpc "$build/grpc_server" "$build/stop-response.bin"
    for ((round = 1; round <= rounds; round++)); do
        for point in $points; do
            for name in $names; do run_client "$name" "$point"; done
        done
    done
    printf '\nclients: one process, one connection, each on its own server (medians of %d; CPU is seconds for 100,000 calls)\n' "$rounds"
    echo "grpc-cpp takes from its queue with two threads at 64 in flight; the blocking clients have a thread for each call in flight."
    printf '%-6s %-17s %9s %8s %8s %8s %11s\n' "" "" calls/s "x gRPC" "p50 us" "p99 us" "client CPU"
    for point in $points; do
        for name in $names; do
            key="clients $name $point" base="${beside[$name]:-}"
            printf '%-6s %-17s %9s %8s %8s %8s %11s\n' "$point" "$name" "$(median "$key" calls_per_s)" \
                "$([[ -z "$base" ]] && echo - || ratio "$key" "clients $base $point" calls_per_s)" \
                "$(median "$key" p50_us %.1f)" "$(median "$key" p99_us %.1f)" "$(median "$key" client_cpu_s_per_100k %.3f)"
        done
    done
    echo "gRPC C++ $(pkg-config --modversion grpc++), grpcio $("$python" -c 'import grpc; print(grpc.__version__)')," \
        "Python $("$python" -c 'import platform; print(platform.python_version())')"
    local c=(Clients/C/cutover.h Clients/C/cutover.c) written
    mapfile -t written < <(find Clients/Python/src/cutover -name '*.py' -not -path '*/v1/*' -not -path '*/generated/*')
    printf 'lines of code (with comments and empty lines): Clients/C %d (%d), Clients/Python %d (%d), without tests and generated code\n' \
        "$(lines "${c[@]}")" "$(cat "${c[@]}" | wc -l)" "$(lines "${written[@]}")" "$(cat "${written[@]}" | wc -l)"
    end cutover
    kill "${pid[grpc]}"
    wait "${pid[grpc]}" || true
    unset "pid[grpc]"
}
