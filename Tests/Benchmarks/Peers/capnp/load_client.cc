// A load client on Cap'n Proto RPC, one event loop: every slot always holds one call, a stop or an echo.
#include <capnp/ez-rpc.h>
#include <kj/async-io.h>
#include <kj/timer.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "cutover/v1/system.pb.h"
#include "measure.h"
#include "stop_messages.h"

namespace {

[[noreturn]] void Fail(const char* what) {
    std::fprintf(stderr, "load client: %s\n", what);
    std::exit(1);
}

class Load final : private kj::TaskSet::ErrorHandler {
public:
    Load(const measure_options& options, kj::Timer& timer) : options_(options), timer_(timer), tasks_(*this) {
        if (options.is_echo) {
            payload_ = ParseOrExit<cutover::v1::EchoRequest>(options.request, options.request_length).payload();
        } else {
            request_ = ParseOrExit<cutover::v1::StopTaskRequest>(options.request, options.request_length);
            response_ = ParseOrExit<cutover::v1::StopTaskResponse>(options.response, options.response_length);
        }
    }

    // Calls, and after each answer calls again.
    void Start(bench::Peer::Client& peer) {
        const uint64_t sent_at_ns = measure_now_ns();
        auto answered = options_.is_echo ? SendEcho(peer) : SendStop(peer);
        tasks_.add(timer_.timeoutAfter(options_.timeout_ms * kj::MILLISECONDS, kj::mv(answered))
                       .then([this, &peer, sent_at_ns]() {
                           measure_histogram_record(histogram_, measure_now_ns() - sent_at_ns);
                           Start(peer);
                       }));
    }

    measure_histogram* histogram() const { return histogram_; }

private:
    kj::Promise<void> SendStop(bench::Peer::Client& peer) {
        auto call = peer.stopTaskRequest();
        Fill(call.initRequest(), request_);
        return call.send().then([this](auto&& results) {
            if (!IsEqual(results.getResponse(), response_)) Fail("a wrong answer");
        });
    }

    kj::Promise<void> SendEcho(bench::Peer::Client& peer) {
        auto call = peer.echoRequest();
        const auto payload = kj::arrayPtr(reinterpret_cast<const kj::byte*>(payload_.data()), payload_.size());
        call.setPayload(payload);
        return call.send().then([payload](auto&& results) {
            if (results.getPayload() != payload) Fail("a wrong answer");
        });
    }

    void taskFailed(kj::Exception&& exception) override { Fail(exception.getDescription().cStr()); }

    const measure_options& options_;
    kj::Timer& timer_;
    std::string payload_;
    cutover::v1::StopTaskRequest request_;
    cutover::v1::StopTaskResponse response_;
    measure_histogram* const histogram_ = measure_histogram_create();
    kj::TaskSet tasks_;
};

}  // namespace

int main(int argc, char** argv) {
    const measure_options options = measure_parse_options(argc, argv);
    std::vector<std::unique_ptr<capnp::EzRpcClient>> connections;
    for (int i = 0; i < options.connections; i++)
        connections.push_back(std::make_unique<capnp::EzRpcClient>(options.host, options.port));
    auto& timer = connections[0]->getIoProvider().getTimer();
    auto& scope = connections[0]->getWaitScope();
    Load load(options, timer);
    std::vector<bench::Peer::Client> peers;
    for (auto& connection : connections) peers.push_back(connection->getMain<bench::Peer>());
    for (auto& peer : peers)
        for (int i = 0; i < options.in_flight; i++) load.Start(peer);

    timer.afterDelay(options.warmup_ms * kj::MILLISECONDS).wait(scope);
    measure_histogram_reset(load.histogram());
    measure_window window = measure_begin(options.server_pid, options.allocations_file);
    timer.afterDelay(options.measure_ms * kj::MILLISECONDS).wait(scope);
    measure_end(&window);
    measure_print(&window, load.histogram(), 0);
    // The calls in flight are abandoned with the process.
    std::fflush(nullptr);
    std::_Exit(0);
}
