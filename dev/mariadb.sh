# Private MariaDB servers for dev/demo; sourced, not run. Every server lives in one folder and is stopped by its pid.

# mariadb_start FOLDER PORT SERVER_ID [OPTION...]: makes a server in FOLDER (if there is none) and waits until it answers.
mariadb_start() {
    local folder=$1 port=$2 server_id=$3
    shift 3
    mkdir -p "$folder"
    if [[ ! -d $folder/data ]]; then
        mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal \
            --skip-test-db --skip-name-resolve --user="$(id -un)" >"$folder/install.log" 2>&1
    fi
    "$(command -v mariadbd || echo /usr/sbin/mariadbd)" --no-defaults --datadir="$folder/data" \
        --socket="$folder/sock" --port="$port" --bind-address=127.0.0.1 --pid-file="$folder/pid" \
        --server-id="$server_id" --log-bin=binlog --binlog-format=ROW --skip-name-resolve --local-infile=ON \
        --innodb-buffer-pool-size=128M --innodb-flush-log-at-trx-commit=2 --sync-binlog=0 \
        --user="$(id -un)" --log-error="$folder/error.log" "$@" >/dev/null 2>&1 &
    echo $! >"$folder/started"
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        mariadb --no-defaults -u root -S "$folder/sock" -e 'SELECT 1' >/dev/null 2>&1 && return 0
        kill -0 "$(cat "$folder/started")" 2>/dev/null || break
        sleep 0.1
    done
    echo "MariaDB in $folder did not start:" >&2
    tail -n 20 "$folder/error.log" >&2
    return 1
}

# mariadb_stop FOLDER: ends the server and waits for it, at most 30 s.
mariadb_stop() {
    local pid tries
    pid=$(cat "$1/started" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || return 0
    for ((tries = 0; tries < 300; tries++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
}

# sql FOLDER STATEMENT: runs it as root and prints bare rows.
sql() {
    mariadb --no-defaults -u root -S "$1/sock" -N -B -e "$2"
}

# free_port: a TCP port on loopback that nobody listens on.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}
