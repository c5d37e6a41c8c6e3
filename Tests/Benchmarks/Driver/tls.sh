# Unary calls with and without TLS 1.3. Sourced by dev/bench-protocol.
# shellcheck shell=bash

# An authority of its own, and a certificate of it for 127.0.0.1 (ECDSA P-256).
make_certificates() {
    local at="$run/certificates"
    mkdir -p "$at"
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=benchmark authority" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
            -keyout "$at/ca.key" -out "$at/ca.pem"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=127.0.0.1" \
            -keyout "$at/server.key" -out "$at/server.csr"
        openssl x509 -req -in "$at/server.csr" -CA "$at/ca.pem" -CAkey "$at/ca.key" -CAcreateserial -days 2 \
            -extfile <(printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n') -out "$at/server.pem"
        chmod 600 "$at/server.key"
    } >"$run/openssl.log" 2>&1 || { cat "$run/openssl.log" >&2; exit 1; }
}

part_tls() {
    local points="1x1 1x64 8x16" point key
    make_certificates
    start plain "$swift_bin/stop-server" "$build/stop-response.bin" inline
    start tls "$swift_bin/stop-server" "$build/stop-response.bin" inline \
        --certificate "$run/certificates/server.pem" --key "$run/certificates/server.key"
    for ((round = 1; round <= rounds; round++)); do
        for point in $points; do
            load "tls off $point" plain "$point" "$swift_bin/stop-load"
            load "tls on $point" tls "$point" "$swift_bin/stop-load" --ca-file "$run/certificates/ca.pem"
        done
    done
    printf '\ntls: RPCClient and the server with and without TLS 1.3 (medians of %d; CPU is seconds for 100,000 calls)\n' "$rounds"
    printf '%-6s %-5s %9s %8s %8s %8s %11s %11s\n' "" TLS calls/s "x off" "p50 us" "p99 us" "server CPU" "client CPU"
    for point in $points; do
        for key in "tls off $point" "tls on $point"; do
            printf '%-6s %-5s %9s %8s %8s %8s %11s %11s\n' "$point" "$(cut -d' ' -f2 <<<"$key")" \
                "$(median "$key" calls_per_s)" "$(ratio "$key" "tls off $point" calls_per_s)" "$(median "$key" p50_us %.1f)" \
                "$(median "$key" p99_us %.1f)" "$(median "$key" server_cpu_s_per_100k %.3f)" \
                "$(median "$key" client_cpu_s_per_100k %.3f)"
        done
    done
    end plain
    end tls
}
