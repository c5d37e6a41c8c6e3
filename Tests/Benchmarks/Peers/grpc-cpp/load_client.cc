// A load client on gRPC C++'s completion queues, stops or echo: every slot always holds one call, or, with --rate, takes the
// next call that is due.
//
// When more than one call is in flight there are two threads with a queue each, so that one client thread is not the limit.
// Each connection is a channel with a subchannel pool of its own, for channels to one address share a connection
// otherwise.
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cutover/v1/stop.grpc.pb.h"
#include "cutover/v1/system.grpc.pb.h"
#include "measure.h"

namespace {

constexpr int kThreads = 2;

[[noreturn]] void Fail(const std::string& what) {
    std::fprintf(stderr, "load client: %s\n", what.c_str());
    std::exit(1);
}

struct StopTask {
    using Request = cutover::v1::StopTaskRequest;
    using Response = cutover::v1::StopTaskResponse;
    using Stub = cutover::v1::StopService::Stub;

    static std::unique_ptr<Stub> NewStub(const std::shared_ptr<grpc::Channel>& channel) {
        return cutover::v1::StopService::NewStub(channel);
    }
    static auto Send(Stub& stub, grpc::ClientContext* context, const Request& request, grpc::CompletionQueue* queue) {
        return stub.AsyncStopTask(context, request, queue);
    }
    // What the request decides, and what is the same in all answers.
    static bool IsAnswer(const Response& response, const Response& expected) {
        const auto& stop = response.stop();
        const auto& other = expected.stop();
        return response.status() == expected.status() && stop.id() == other.id() && stop.task_id() == other.task_id()
            && stop.task_name() == other.task_name() && stop.request_id() == other.request_id()
            && stop.reason() == other.reason() && stop.phase() == other.phase()
            && stop.drain_deadline_ms() == other.drain_deadline_ms();
    }
    static bool IsSlow(const Response& response) {
        return response.result() == cutover::v1::STOP_ITEM_RESULT_IN_PROGRESS;
    }
};

struct Echo {
    using Request = cutover::v1::EchoRequest;
    using Response = cutover::v1::EchoResponse;
    using Stub = cutover::v1::Echo::Stub;

    static std::unique_ptr<Stub> NewStub(const std::shared_ptr<grpc::Channel>& channel) {
        return cutover::v1::Echo::NewStub(channel);
    }
    static auto Send(Stub& stub, grpc::ClientContext* context, const Request& request, grpc::CompletionQueue* queue) {
        return stub.AsyncEcho(context, request, queue);
    }
    static bool IsAnswer(const Response& response, const Response& expected) {
        return response.payload() == expected.payload();
    }
    static bool IsSlow(const Response&) { return false; }
};

// What one thread has: its queue, and the slots whose calls come back on it.
template <typename Method>
class Worker {
public:
    Worker(const measure_options& options, const typename Method::Request& request, const typename Method::Response& expected)
        : options_(options), request_(request), expected_(expected) {}

    void AddSlot(typename Method::Stub& stub) { slots_.push_back(std::make_unique<Slot>(stub)); }

    // With `calls_per_s` above 0 at that rate.
    void Begin(double calls_per_s) {
        if (calls_per_s > 0) schedule_ = measure_schedule_begin(calls_per_s);
        for (auto& slot : slots_) {
            if (schedule_)
                free_.push_back(slot.get());
            else
                Start(*slot, measure_now_ns());
        }
    }

    void RunUntil(uint64_t end_ns) {
        // The kernel may otherwise wake a waiting thread 50 us late.
        if (schedule_) prctl(PR_SET_TIMERSLACK, 1);
        while (measure_now_ns() < end_ns) {
            void* tag = nullptr;
            bool ok = false;
            if (!schedule_) {
                if (!queue_.Next(&tag, &ok) || !ok) Fail("the completion queue ended");
            } else {
                const auto status = queue_.AsyncNext(&tag, &ok, SendDue(end_ns));
                if (status == grpc::CompletionQueue::TIMEOUT) continue;
                if (status != grpc::CompletionQueue::GOT_EVENT || !ok) Fail("the completion queue ended");
            }
            Finish(*static_cast<Slot*>(tag));
        }
    }

    void Reset() {
        measure_histogram_reset(histogram_);
        slow_calls_ = 0;
    }

    void AddTo(measure_histogram* histogram, uint64_t* slow_calls) const {
        measure_histogram_merge(histogram, histogram_);
        *slow_calls += slow_calls_;
    }

private:
    // The call in flight, and what is used again for the next.
    struct Slot {
        explicit Slot(typename Method::Stub& stub) : stub(stub) {}

        typename Method::Stub& stub;
        std::optional<grpc::ClientContext> context;
        std::unique_ptr<grpc::ClientAsyncResponseReader<typename Method::Response>> reader;
        typename Method::Response response;
        grpc::Status status;
        uint64_t sent_at_ns = 0;
    };

    void Start(Slot& slot, uint64_t now_ns) {
        slot.context.emplace();
        slot.context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(options_.timeout_ms));
        slot.sent_at_ns = now_ns;
        slot.reader = Method::Send(slot.stub, &*slot.context, request_, &queue_);
        slot.reader->Finish(&slot.response, &slot.status, &slot);
    }

    void Finish(Slot& slot) {
        const uint64_t now = measure_now_ns();
        if (!slot.status.ok()) Fail(slot.status.error_message());
        if (slot.response.ByteSizeLong() != options_.response_length || !Method::IsAnswer(slot.response, expected_))
            Fail("a wrong answer");
        if (Method::IsSlow(slot.response))
            slow_calls_ += 1;
        else
            measure_histogram_record(histogram_, now - slot.sent_at_ns);
        if (schedule_)
            free_.push_back(&slot);
        else
            Start(slot, measure_now_ns());
    }

    // Sends every call that is due while there are slots; gives the time to wait for an answer until.
    std::chrono::system_clock::time_point SendDue(uint64_t end_ns) {
        uint64_t due = measure_schedule_due_ns(&*schedule_);
        while (due <= measure_now_ns() && !free_.empty()) {
            Slot* slot = free_.back();
            free_.pop_back();
            Start(*slot, due);
            schedule_->sent += 1;
            due = measure_schedule_due_ns(&*schedule_);
        }
        const uint64_t now = measure_now_ns();
        const uint64_t until = due > now ? std::min(due, end_ns) : end_ns;
        return std::chrono::system_clock::now() + std::chrono::nanoseconds(until > now ? until - now : 0);
    }

    const measure_options& options_;
    const typename Method::Request& request_;
    const typename Method::Response& expected_;
    grpc::CompletionQueue queue_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<Slot*> free_;
    std::optional<measure_schedule> schedule_;
    measure_histogram* const histogram_ = measure_histogram_create();
    uint64_t slow_calls_ = 0;
};

template <typename Method>
void RunUntil(std::vector<std::unique_ptr<Worker<Method>>>& workers, uint64_t end_ns) {
    std::vector<std::thread> threads;
    for (size_t i = 1; i < workers.size(); i++) threads.emplace_back([&, i] { workers[i]->RunUntil(end_ns); });
    workers[0]->RunUntil(end_ns);
    for (auto& thread : threads) thread.join();
}

template <typename Method>
void Run(const measure_options& options) {
    typename Method::Request request;
    typename Method::Response expected;
    if (!request.ParseFromArray(options.request, static_cast<int>(options.request_length))
        || !expected.ParseFromArray(options.response, static_cast<int>(options.response_length)))
        Fail("a file holds another message");
    const int slots = options.connections * options.in_flight;
    std::vector<std::unique_ptr<Worker<Method>>> workers;
    for (int i = 0; i < std::min(kThreads, slots); i++)
        workers.push_back(std::make_unique<Worker<Method>>(options, request, expected));

    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const std::string address = std::string("ipv4:") + options.host + ":" + std::to_string(options.port);
    std::vector<std::unique_ptr<typename Method::Stub>> stubs;
    for (int slot = 0; slot < slots; slot++) {
        if (slot % options.in_flight == 0) {
            auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
            if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(5)))
                Fail("no connection within 5 s");
            stubs.push_back(Method::NewStub(channel));
        }
        workers[static_cast<size_t>(slot) % workers.size()]->AddSlot(*stubs.back());
    }
    for (auto& worker : workers) worker->Begin(static_cast<double>(options.rate) / static_cast<double>(workers.size()));

    RunUntil(workers, measure_now_ns() + static_cast<uint64_t>(options.warmup_ms) * 1000000u);
    for (auto& worker : workers) worker->Reset();
    measure_window window = measure_begin(options.server_pid, options.allocations_file);
    RunUntil(workers, window.begin_ns + static_cast<uint64_t>(options.measure_ms) * 1000000u);
    measure_end(&window);
    measure_histogram* histogram = measure_histogram_create();
    uint64_t slow_calls = 0;
    for (auto& worker : workers) worker->AddTo(histogram, &slow_calls);
    measure_print(&window, histogram, slow_calls);
    // The calls in flight are abandoned with the process.
    std::fflush(nullptr);
    std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    const measure_options options = measure_parse_options(argc, argv);
    if (options.is_echo)
        Run<Echo>(options);
    else
        Run<StopTask>(options);
}
