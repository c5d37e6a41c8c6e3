// gRPC C++ with completion queues, one for each of two threads: stops of one task, and echo.
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "cutover/v1/stop.grpc.pb.h"
#include "cutover/v1/system.grpc.pb.h"
#include "measure.h"
#include "stop_shape.h"

namespace {

constexpr unsigned kLifetimeSeconds = 900;
constexpr int kThreads = 2;
// Calls of each method that each queue is ready to take.
constexpr int kReady = 256;

// What a queue gives back.
class Tag {
public:
    virtual ~Tag() = default;
    // `ok` as the completion queue gives it.
    virtual void Proceed(bool ok) = 0;
};

// One call after the other, in the same memory but for its context.
template <typename Method>
class Call final : public Tag {
public:
    Call(Method& method, grpc::ServerCompletionQueue* queue) : method_(method), queue_(queue) { Await(); }

    void Proceed(bool ok) override {
        switch (next_) {
        case Step::kAnswer:
            if (!ok) return delete this;  // the server is shutting down
            if (const auto delay = method_.Answer(request_, &response_); delay.count() > 0) {
                next_ = Step::kSend;
                alarm_ = std::make_unique<grpc::Alarm>();
                alarm_->Set(queue_, std::chrono::system_clock::now() + delay, this);
                return;
            }
            return Send();
        case Step::kSend: return Send();
        case Step::kAwait: return Await();
        }
    }

private:
    enum class Step { kAnswer, kSend, kAwait };

    void Await() {
        responder_.reset();
        context_ = std::make_unique<grpc::ServerContext>();
        responder_ = std::make_unique<grpc::ServerAsyncResponseWriter<typename Method::Response>>(context_.get());
        request_.Clear();
        next_ = Step::kAnswer;
        method_.Await(context_.get(), &request_, responder_.get(), queue_, this);
    }

    void Send() {
        next_ = Step::kAwait;
        responder_->Finish(response_, grpc::Status::OK, this);
    }

    Method& method_;
    grpc::ServerCompletionQueue* const queue_;
    std::unique_ptr<grpc::ServerContext> context_;
    std::unique_ptr<grpc::ServerAsyncResponseWriter<typename Method::Response>> responder_;
    typename Method::Request request_;
    typename Method::Response response_;
    std::unique_ptr<grpc::Alarm> alarm_;
    Step next_ = Step::kAnswer;
};

struct StopTask {
    using Request = cutover::v1::StopTaskRequest;
    using Response = cutover::v1::StopTaskResponse;

    cutover::v1::StopService::AsyncService service;
    StopShape& shape;

    std::chrono::milliseconds Answer(const Request& request, Response* response) {
        return shape.Answer(request, response) ? shape.slow_time() : std::chrono::milliseconds(0);
    }

    void Await(grpc::ServerContext* context, Request* request, grpc::ServerAsyncResponseWriter<Response>* responder,
        grpc::ServerCompletionQueue* queue, void* tag) {
        service.RequestStopTask(context, request, responder, queue, queue, tag);
    }
};

struct Echo {
    using Request = cutover::v1::EchoRequest;
    using Response = cutover::v1::EchoResponse;

    cutover::v1::Echo::AsyncService service;

    std::chrono::milliseconds Answer(const Request& request, Response* response) {
        response->set_payload(request.payload());
        return std::chrono::milliseconds(0);
    }

    void Await(grpc::ServerContext* context, Request* request, grpc::ServerAsyncResponseWriter<Response>* responder,
        grpc::ServerCompletionQueue* queue, void* tag) {
        service.RequestEcho(context, request, responder, queue, queue, tag);
    }
};

void Serve(grpc::ServerCompletionQueue* queue) {
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
}

}  // namespace

int main(int argc, char** argv) {
    alarm(kLifetimeSeconds);
    StopShape shape(measure_parse_server_options(argc, argv));
    StopTask stops{{}, shape};
    Echo echo;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&stops.service);
    builder.RegisterService(&echo.service);
    std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
    for (int i = 0; i < kThreads; i++) queues.push_back(builder.AddCompletionQueue());
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr || port == 0) {
        std::fputs("the server did not start\n", stderr);
        return 1;
    }
    std::vector<std::thread> threads;
    for (auto& queue : queues) {
        // A call deletes itself when the server shuts down.
        for (int i = 0; i < kReady; i++) {
            new Call<StopTask>(stops, queue.get());
            new Call<Echo>(echo, queue.get());
        }
        threads.emplace_back(Serve, queue.get());
    }
    std::printf("listening %d\n", port);
    std::fflush(stdout);
    for (auto& thread : threads) thread.join();
}
