public import CutoverModel
import CutoverProto
public import CutoverRPC
import CutoverWire
public import NIOCore

/// The call that is measured: a stop of one task, without a task behind it.
public enum StopShape {
    /// The method as a real server registers it.
    public static let method: RPCMethod = {
        let name = "cutover.v1.StopService/StopTask"
        return RPCMethod(name: name, id: MethodID.hash(of: name), kind: .unary, isIdempotent: true, role: .operator)
    }()

    /// Decodes a StopTaskRequest and encodes the answer to it: `accepted`, with what the request said.
    public static func answer(_ payload: ByteBuffer, accepted: StopTaskResponse) throws -> ByteBuffer {
        let request = try payload.withUnsafeReadableBytes { try StopTaskRequest(protoBytes: $0) }
        var response = accepted
        response.stop?.taskId = request.taskId
        response.stop?.requestId = request.requestId
        response.stop?.reason = request.reason
        response.stop?.modeAsked = request.mode
        response.stop?.drainDeadlineMs = request.drainDeadlineMs
        return response.withProtoBytes { ByteBuffer(bytes: $0) }
    }

    /// Decodes the response that every answer is made from.
    public static func response(decoding bytes: [UInt8]) throws -> StopTaskResponse {
        try StopTaskResponse(protoBytes: bytes)
    }
}
