// Fills the items of the stream that is measured.
#ifndef CUTOVER_BENCH_BULK_STREAM_H
#define CUTOVER_BENCH_BULK_STREAM_H

#include <cstdint>

#include "bulk.pb.h"
#include "measure.h"

inline void FillItem(cutover::benchmarks::BulkItem* item, uint64_t number) {
    item->mutable_data()->resize(measure_item_bytes);
    measure_item_fill(reinterpret_cast<uint8_t*>(item->mutable_data()->data()), number);
}

#endif
