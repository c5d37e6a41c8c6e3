# How often a server allocates memory for a call. Sourced by dev/bench.
# shellcheck shell=bash

allocation_peers=(floor cutover cutover-async grpc-cpp grpc-cpp-queue)

part_allocations() {
    local peer shape point key cells file measured server_environment
    # The number depends little on the time, and not on what else the machine does.
    local rounds=$((rounds < 2 ? rounds : 2))
    local shapes="stop echo-128 wire-128" at="1x1 8x16"
    take_peers "${allocation_peers[@]}" || return 0
    for shape in $shapes; do
        for peer in $measured; do
            # gRPC serves messages only.
            [[ "$shape $peer" != wire-*" "grpc-* ]] || continue
            # A server with a counter of its own.
            file="$run/allocations-$shape-$peer"
            truncate -s 8 "$file"
            server_environment=(LD_PRELOAD="$build/count_malloc.so" COUNT_MALLOC_FILE="$file")
            for ((round = 1; round <= rounds; round++)); do
                for point in $at; do measure allocations "$peer" "$point" "$shape" - --allocations "$file"; done
            done
        done
    done
    printf '\nallocations: malloc, calloc, realloc and the like in the server, for each call (medians of %d)\n' "$rounds"
    echo "echo decodes and encodes a message of 128 bytes; wire sends the same bytes back as they came."
    printf '%-14s' ""
    for shape in $shapes; do for point in $at; do printf ' %16s' "$shape $point"; done; done
    printf '\n'
    for peer in $measured; do
        cells=""
        for shape in $shapes; do
            for point in $at; do
                key="allocations $peer $point $shape -"
                cells+="$(printf ' %16s' "$(median "$key" server_allocations_per_call %.3f)")"
            done
        done
        printf '%-14s%s\n' "$peer" "$cells"
    done
}
