import GRPCCore
import GRPCProtobuf
import StopMessages
import SwiftProtobuf

/// Serves the methods that are measured.
struct PeerService: RegistrableRPCService {
    /// The message that every answer to a stop is made from.
    let accepted: Cutover_V1_StopTaskResponse

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: PeerMethod.stopTask, deserializer: ProtobufDeserializer<Cutover_V1_StopTaskRequest>(),
            serializer: ProtobufSerializer<Cutover_V1_StopTaskResponse>()
        ) { stream, _ in
            let request = try await ServerRequest(stream: stream)
            return StreamingServerResponse(single: ServerResponse(message: answer(request.message)))
        }
        router.registerHandler(
            forMethod: PeerMethod.echo, deserializer: ProtobufDeserializer<Cutover_V1_EchoRequest>(),
            serializer: ProtobufSerializer<Cutover_V1_EchoResponse>()
        ) { stream, _ in
            let request = try await ServerRequest(stream: stream)
            return StreamingServerResponse(
                single: ServerResponse(message: Cutover_V1_EchoResponse.with { $0.payload = request.message.payload }))
        }
        router.registerHandler(
            forMethod: PeerMethod.bulk, deserializer: ProtobufDeserializer<Cutover_Benchmarks_BulkRequest>(),
            serializer: ProtobufSerializer<Cutover_Benchmarks_BulkItem>()
        ) { stream, _ in
            let request = try await ServerRequest(stream: stream)
            return StreamingServerResponse { writer in
                for number in 0..<UInt64(request.message.items) {
                    try await writer.write(Cutover_Benchmarks_BulkItem.with { $0.data = BulkItem.bytes(number) })
                }
                return [:]
            }
        }
    }

    private func answer(_ request: Cutover_V1_StopTaskRequest) -> Cutover_V1_StopTaskResponse {
        var response = accepted
        response.stop.taskID = request.taskID
        response.stop.requestID = request.requestID
        response.stop.reason = request.reason
        response.stop.modeAsked = request.mode
        response.stop.drainDeadlineMs = request.drainDeadlineMs
        return response
    }
}
