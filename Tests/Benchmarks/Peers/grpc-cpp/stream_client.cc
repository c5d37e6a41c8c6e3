// Receives the stream that is measured, by gRPC C++'s blocking reader, and compares every item.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bulk.grpc.pb.h"
#include "measure.h"

namespace {

// Before the measurement: the connection opens its windows and finds its pace.
constexpr uint32_t kWarmupItems = 256;

[[noreturn]] void Fail(const std::string& what) {
    std::fprintf(stderr, "stream client: %s\n", what.c_str());
    std::exit(1);
}

void Receive(cutover::benchmarks::Bulk::Stub& stub, uint32_t items, const std::vector<uint8_t>& filled) {
    grpc::ClientContext context;
    cutover::benchmarks::BulkRequest request;
    request.set_items(items);
    auto reader = stub.Send(&context, request);
    cutover::benchmarks::BulkItem item;
    uint32_t number = 0;
    while (reader->Read(&item)) {
        const auto* data = reinterpret_cast<const uint8_t*>(item.data().data());
        if (!measure_item_is(data, item.data().size(), number++, filled.data())) Fail("a wrong item");
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) Fail(status.error_message());
    if (number != items) Fail("the stream ended early");
}

}  // namespace

int main(int argc, char** argv) {
    const measure_options options = measure_parse_options(argc, argv);
    std::vector<uint8_t> filled(measure_item_bytes);
    measure_item_fill(filled.data(), 0);
    const std::string address = std::string("ipv4:") + options.host + ":" + std::to_string(options.port);
    auto stub = cutover::benchmarks::Bulk::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
    const auto items = static_cast<uint32_t>(options.stream_items);
    Receive(*stub, kWarmupItems, filled);
    measure_window window = measure_begin(options.server_pid, nullptr);
    Receive(*stub, items, filled);
    measure_end(&window);
    measure_print_stream(&window, static_cast<uint64_t>(items) * measure_item_bytes);
}
