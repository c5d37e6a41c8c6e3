// A load client on gRPC C++'s completion queue: every slot always holds one call.
//
// Two threads take from the queue when more than one call is in flight, which gives gRPC more calls than one thread does.
// Each connection is a channel with a subchannel pool of its own, for channels to one address share a connection
// otherwise.
#include <grpcpp/grpcpp.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cutover/v1/stop.grpc.pb.h"
#include "measure.h"

namespace {

using cutover::v1::StopService;
using cutover::v1::StopTaskRequest;
using cutover::v1::StopTaskResponse;

constexpr int kThreads = 2;

[[noreturn]] void Fail(const std::string& what) {
    std::fprintf(stderr, "load client: %s\n", what.c_str());
    std::exit(1);
}

struct Load {
    measure_options options;
    StopTaskRequest request;
    grpc::CompletionQueue queue;
    std::array<measure_histogram*, kThreads> histograms{measure_histogram_create(), measure_histogram_create()};
};

// One slot: the call in flight in it.
class Slot {
public:
    Slot(Load& load, StopService::Stub& stub) : load_(load), stub_(stub) {}

    void Start() {
        context_.emplace();
        context_->set_deadline(
            std::chrono::system_clock::now() + std::chrono::milliseconds(load_.options.timeout_ms));
        sent_at_ns_ = measure_now_ns();
        reader_ = stub_.AsyncStopTask(&*context_, load_.request, &load_.queue);
        reader_->Finish(&response_, &status_, this);
    }

    void Finish(measure_histogram* histogram) {
        measure_histogram_record(histogram, measure_now_ns() - sent_at_ns_);
        if (!status_.ok()) Fail(status_.error_message());
        if (response_.ByteSizeLong() != load_.options.response_length
            || response_.stop().task_id() != load_.request.task_id())
            Fail("a wrong answer");
    }

private:
    Load& load_;
    StopService::Stub& stub_;
    std::optional<grpc::ClientContext> context_;
    std::unique_ptr<grpc::ClientAsyncResponseReader<StopTaskResponse>> reader_;
    StopTaskResponse response_;
    grpc::Status status_;
    uint64_t sent_at_ns_ = 0;
};

void TakeUntil(Load& load, uint64_t end_ns, measure_histogram* histogram) {
    while (measure_now_ns() < end_ns) {
        void* tag = nullptr;
        bool ok = false;
        if (!load.queue.Next(&tag, &ok) || !ok) Fail("the completion queue ended");
        auto* slot = static_cast<Slot*>(tag);
        slot->Finish(histogram);
        slot->Start();
    }
}

void RunUntil(Load& load, uint64_t end_ns) {
    if (load.options.connections * load.options.in_flight == 1) return TakeUntil(load, end_ns, load.histograms[0]);
    std::vector<std::thread> threads;
    for (auto* histogram : load.histograms) threads.emplace_back(TakeUntil, std::ref(load), end_ns, histogram);
    for (auto& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
    Load load;
    load.options = measure_parse_options(argc, argv);
    const auto& options = load.options;
    if (!load.request.ParseFromArray(options.request, static_cast<int>(options.request_length)))
        Fail("the request file holds no StopTaskRequest");

    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const std::string address = std::string("ipv4:") + options.host + ":" + std::to_string(options.port);
    std::vector<std::unique_ptr<StopService::Stub>> stubs;
    std::vector<std::unique_ptr<Slot>> slots;
    for (int i = 0; i < options.connections; i++) {
        auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
        if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(5)))
            Fail("no connection within 5 s");
        stubs.push_back(StopService::NewStub(channel));
        for (int j = 0; j < options.in_flight; j++)
            slots.push_back(std::make_unique<Slot>(load, *stubs.back()));
    }
    for (auto& slot : slots) slot->Start();

    RunUntil(load, measure_now_ns() + static_cast<uint64_t>(options.warmup_ms) * 1000000u);
    for (auto* histogram : load.histograms) measure_histogram_reset(histogram);
    measure_window window = measure_begin(options.server_pid);
    RunUntil(load, window.begin_ns + static_cast<uint64_t>(options.measure_ms) * 1000000u);
    measure_end(&window);
    for (int i = 1; i < kThreads; i++) measure_histogram_merge(load.histograms[0], load.histograms[i]);
    measure_print(&window, load.histograms[0]);
    // The calls in flight are abandoned with the process.
    std::fflush(nullptr);
    std::_Exit(0);
}
