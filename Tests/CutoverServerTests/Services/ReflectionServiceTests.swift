import CutoverModel
@testable import CutoverServer
import CutoverRPC
import CutoverServices
import CutoverWire
import Testing

@Suite struct ReflectionServiceTests {
    private let call = CallContext(
        method: ReflectionMethods.list, deadline: nil, metadata: Metadata(), remoteAddress: "unix", identity: nil)

    @Test func everyMethodIsListedAsItIsCalled() throws {
        let served = StopServiceMethods.all + HealthMethods.all
        let listed = try ReflectionService(methods: served).list(ListMethodsRequest(), context: call).methods
        #expect(listed.map(\.name) == (served + ReflectionMethods.all).map(\.name).sorted())
        #expect(
            listed.first { $0.id == 2 }
                == MethodDescription(
                    name: "cutover.v1.Health/Watch", id: 2, stream: true, idempotent: true, role: "ANY"))
        #expect(
            listed.first { $0.name == "cutover.v1.StopService/StopTask" }
                == MethodDescription(
                    name: "cutover.v1.StopService/StopTask", id: StopServiceMethods.stopTask.id, stream: false,
                    idempotent: StopServiceMethods.stopTask.isIdempotent, role: "OPERATOR"))
    }

    /// FileDescriptorSet: repeated FileDescriptorProto file = 1, whose field 1 is its name.
    @Test func theSchemaIsAFileDescriptorSetWithAllItNeeds() throws {
        let bytes = try ReflectionService(methods: []).list(ListMethodsRequest(), context: call).fileDescriptorSet
        var names: [String] = []
        var index = 0
        while index < bytes.count {
            try #require(bytes[index] == 0x0A)
            index += 1
            let length = try varint(bytes, &index)
            let end = index + length
            try #require(end <= bytes.count && bytes[index] == 0x0A)
            var start = index + 1
            let nameLength = try varint(bytes, &start)
            names.append(String(decoding: bytes[start..<start + nameLength], as: UTF8.self))
            index = end
        }
        #expect(Set(names).count == names.count)
        for needed in ["cutover/v1/stop.proto", "cutover/v1/options.proto", "google/protobuf/descriptor.proto"] {
            #expect(names.contains(needed))
        }
    }

    private func varint(_ bytes: [UInt8], _ index: inout Int) throws -> Int {
        var value = 0
        var shift = 0
        while true {
            try #require(index < bytes.count && shift < 35)
            let byte = bytes[index]
            index += 1
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }
}
