// Fills and compares Cap'n Proto's messages, with the contents of the protobuf files that the other peers use.
#ifndef CUTOVER_BENCH_STOP_MESSAGES_H
#define CUTOVER_BENCH_STOP_MESSAGES_H

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cutover/v1/stop.pb.h"
#include "stop.capnp.h"

template <typename Message>
Message ParseOrExit(const uint8_t* bytes, size_t length) {
    Message message;
    if (!message.ParseFromArray(bytes, static_cast<int>(length))) {
        std::fputs("a file holds another message\n", stderr);
        std::exit(2);
    }
    return message;
}

inline void Fill(bench::StopTaskRequest::Builder to, const cutover::v1::StopTaskRequest& from) {
    to.setTaskId(from.task_id().c_str());
    to.setMode(from.mode());
    to.setReason(from.reason().c_str());
    to.setRequestId(from.request_id().c_str());
    to.setDrainDeadlineMs(from.drain_deadline_ms());
}

// The response with the fields of the request that it repeats.
inline void Fill(bench::StopTaskResponse::Builder to, const cutover::v1::StopTaskResponse& from,
    bench::StopTaskRequest::Reader request) {
    to.setResult(from.result());
    to.setStatus(from.status());
    auto stop = to.initStop();
    stop.setId(from.stop().id().c_str());
    stop.setTaskId(request.getTaskId());
    stop.setTaskName(from.stop().task_name().c_str());
    stop.setRequestId(request.getRequestId());
    stop.setReason(request.getReason());
    stop.setModeAsked(request.getMode());
    stop.setModeTaken(from.stop().mode_taken());
    stop.setPhase(from.stop().phase());
    stop.setAcceptedAtMs(from.stop().accepted_at_ms());
    stop.setStatusBefore(from.stop().status_before());
    stop.setRequestedPosition(from.stop().requested_position().c_str());
    stop.setDrainDeadlineMs(request.getDrainDeadlineMs());
}

inline bool IsEqual(bench::StopTaskResponse::Reader found, const cutover::v1::StopTaskResponse& expected) {
    auto stop = found.getStop();
    const auto& other = expected.stop();
    return found.getResult() == expected.result() && found.getStatus() == expected.status()
        && stop.getId() == other.id().c_str() && stop.getTaskId() == other.task_id().c_str()
        && stop.getTaskName() == other.task_name().c_str() && stop.getRequestId() == other.request_id().c_str()
        && stop.getReason() == other.reason().c_str() && stop.getModeAsked() == other.mode_asked()
        && stop.getModeTaken() == other.mode_taken() && stop.getPhase() == other.phase()
        && stop.getAcceptedAtMs() == other.accepted_at_ms() && stop.getStatusBefore() == other.status_before()
        && stop.getRequestedPosition() == other.requested_position().c_str()
        && stop.getDrainDeadlineMs() == other.drain_deadline_ms();
}

#endif
