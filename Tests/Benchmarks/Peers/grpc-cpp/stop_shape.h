// The answers of the servers in C++: one StopTaskResponse for each StopTaskRequest, some of them slow on purpose.
#ifndef CUTOVER_BENCH_STOP_SHAPE_H
#define CUTOVER_BENCH_STOP_SHAPE_H

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "cutover/v1/stop.pb.h"
#include "measure.h"

class StopShape {
public:
    explicit StopShape(const measure_server_options& options)
        : slow_every_(options.slow_every), slow_time_(options.slow_ms) {
        if (!accepted_.ParseFromArray(options.response, static_cast<int>(options.response_length))) {
            std::fputs("the response file holds no StopTaskResponse\n", stderr);
            std::exit(2);
        }
    }

    // Fills the answer to a request; true when it must be sent no sooner than `slow_time` from now.
    bool Answer(const cutover::v1::StopTaskRequest& request, cutover::v1::StopTaskResponse* response) {
        *response = accepted_;
        auto* stop = response->mutable_stop();
        stop->set_task_id(request.task_id());
        stop->set_request_id(request.request_id());
        stop->set_reason(request.reason());
        stop->set_mode_asked(request.mode());
        stop->set_drain_deadline_ms(request.drain_deadline_ms());
        if (slow_every_ == 0 || served_.fetch_add(1, std::memory_order_relaxed) % slow_every_ != 0) return false;
        response->set_result(cutover::v1::STOP_ITEM_RESULT_IN_PROGRESS);
        return true;
    }

    std::chrono::milliseconds slow_time() const { return slow_time_; }

private:
    cutover::v1::StopTaskResponse accepted_;
    const unsigned long slow_every_;
    const std::chrono::milliseconds slow_time_;
    std::atomic<unsigned long> served_{0};
};

#endif
