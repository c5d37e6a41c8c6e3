// gRPC C++ with a callback server: stops of one task, echo, and a stream of items.
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "bulk.grpc.pb.h"
#include "bulk_stream.h"
#include "cutover/v1/stop.grpc.pb.h"
#include "cutover/v1/system.grpc.pb.h"
#include "measure.h"
#include "stop_shape.h"

namespace {

constexpr unsigned kLifetimeSeconds = 900;

class StopService final : public cutover::v1::StopService::CallbackService {
public:
    explicit StopService(StopShape& shape) : shape_(shape) {}

    grpc::ServerUnaryReactor* StopTask(
        grpc::CallbackServerContext* context, const cutover::v1::StopTaskRequest* request,
        cutover::v1::StopTaskResponse* response) override {
        auto* reactor = context->DefaultReactor();
        if (!shape_.Answer(*request, response)) {
            reactor->Finish(grpc::Status::OK);
            return reactor;
        }
        // What an alarm consists of outlives it until the callback has run.
        auto* alarm = new grpc::Alarm;
        alarm->Set(std::chrono::system_clock::now() + shape_.slow_time(), [alarm, reactor](bool) {
            reactor->Finish(grpc::Status::OK);
            delete alarm;
        });
        return reactor;
    }

private:
    StopShape& shape_;
};

class EchoService final : public cutover::v1::Echo::CallbackService {
    grpc::ServerUnaryReactor* Echo(
        grpc::CallbackServerContext* context, const cutover::v1::EchoRequest* request,
        cutover::v1::EchoResponse* response) override {
        response->set_payload(request->payload());
        auto* reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

// Sends the next item when the last one is on its way.
class BulkReactor final : public grpc::ServerWriteReactor<cutover::benchmarks::BulkItem> {
public:
    explicit BulkReactor(uint32_t items) : items_(items) { Next(); }

    void OnWriteDone(bool ok) override {
        if (ok)
            Next();
        else
            Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the client is gone"));
    }

    void OnDone() override { delete this; }

private:
    void Next() {
        if (next_ == items_) return Finish(grpc::Status::OK);
        FillItem(&item_, next_++);
        StartWrite(&item_);
    }

    const uint32_t items_;
    uint32_t next_ = 0;
    cutover::benchmarks::BulkItem item_;
};

class BulkService final : public cutover::benchmarks::Bulk::CallbackService {
    grpc::ServerWriteReactor<cutover::benchmarks::BulkItem>* Send(
        grpc::CallbackServerContext*, const cutover::benchmarks::BulkRequest* request) override {
        return new BulkReactor(request->items());
    }
};

}  // namespace

int main(int argc, char** argv) {
    alarm(kLifetimeSeconds);
    StopShape shape(measure_parse_server_options(argc, argv));
    StopService stops(shape);
    EchoService echo;
    BulkService bulk;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&stops);
    builder.RegisterService(&echo);
    builder.RegisterService(&bulk);
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr || port == 0) {
        std::fputs("the server did not start\n", stderr);
        return 1;
    }
    std::printf("listening %d\n", port);
    std::fflush(stdout);
    server->Wait();
}
