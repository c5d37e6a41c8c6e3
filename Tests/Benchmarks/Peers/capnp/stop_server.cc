// Cap'n Proto RPC on one event loop: stops of one task, and echo.
#include <capnp/ez-rpc.h>
#include <unistd.h>

#include <cstdio>

#include "measure.h"
#include "stop_messages.h"

namespace {

constexpr unsigned kLifetimeSeconds = 900;

class Peer final : public bench::Peer::Server {
public:
    explicit Peer(const cutover::v1::StopTaskResponse& accepted) : accepted_(accepted) {}

    kj::Promise<void> stopTask(StopTaskContext context) override {
        Fill(context.getResults().initResponse(), accepted_, context.getParams().getRequest());
        return kj::READY_NOW;
    }

    kj::Promise<void> echo(EchoContext context) override {
        context.getResults().setPayload(context.getParams().getPayload());
        return kj::READY_NOW;
    }

private:
    const cutover::v1::StopTaskResponse accepted_;
};

}  // namespace

int main(int argc, char** argv) {
    alarm(kLifetimeSeconds);
    const measure_server_options options = measure_parse_server_options(argc, argv);
    if (options.slow_every != 0) {
        std::fputs("no call of this server can be made slow\n", stderr);
        return 2;
    }
    const auto accepted = ParseOrExit<cutover::v1::StopTaskResponse>(options.response, options.response_length);
    capnp::EzRpcServer server(kj::heap<Peer>(accepted), "127.0.0.1");
    auto& scope = server.getWaitScope();
    std::printf("listening %u\n", server.getPort().wait(scope));
    std::fflush(stdout);
    kj::NEVER_DONE.wait(scope);
}
