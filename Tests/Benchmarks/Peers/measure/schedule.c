#include "measure.h"

measure_schedule measure_schedule_begin(double calls_per_s) {
    return (measure_schedule){.begin_ns = measure_now_ns(), .interval_ns = 1e9 / calls_per_s};
}

uint64_t measure_schedule_due_ns(const measure_schedule *schedule) {
    return schedule->begin_ns + (uint64_t)((double)schedule->sent * schedule->interval_ns);
}
