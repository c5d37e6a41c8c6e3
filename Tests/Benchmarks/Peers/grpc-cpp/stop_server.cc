// gRPC C++ with a callback server: decodes a StopTaskRequest, answers with a StopTaskResponse of the same stop.
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "cutover/v1/stop.grpc.pb.h"
#include "measure.h"

namespace {

constexpr unsigned kLifetimeSeconds = 900;

class StopService final : public cutover::v1::StopService::CallbackService {
public:
    explicit StopService(const cutover::v1::StopTaskResponse& accepted) : accepted_(accepted) {}

    grpc::ServerUnaryReactor* StopTask(
        grpc::CallbackServerContext* context, const cutover::v1::StopTaskRequest* request,
        cutover::v1::StopTaskResponse* response) override {
        *response = accepted_;
        auto* stop = response->mutable_stop();
        stop->set_task_id(request->task_id());
        stop->set_request_id(request->request_id());
        stop->set_reason(request->reason());
        stop->set_mode_asked(request->mode());
        stop->set_drain_deadline_ms(request->drain_deadline_ms());
        auto* reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }

private:
    const cutover::v1::StopTaskResponse accepted_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: stop_server REQUEST_FILE RESPONSE_FILE\n", stderr);
        return 2;
    }
    alarm(kLifetimeSeconds);
    size_t length = 0;
    uint8_t* bytes = measure_read_file(argv[2], &length);
    cutover::v1::StopTaskResponse accepted;
    if (!accepted.ParseFromArray(bytes, static_cast<int>(length))) {
        std::fputs("the response file holds no StopTaskResponse\n", stderr);
        return 2;
    }
    std::free(bytes);

    StopService service(accepted);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr || port == 0) {
        std::fputs("the server did not start\n", stderr);
        return 1;
    }
    std::printf("listening %d\n", port);
    std::fflush(stdout);
    server->Wait();
}
