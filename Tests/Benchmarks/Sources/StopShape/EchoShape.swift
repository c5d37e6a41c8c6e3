import CutoverModel
import CutoverProto
public import CutoverRPC
import CutoverWire
public import NIOCore

/// The echo that is measured.
public enum EchoShape {
    /// The method by its name; the product's own has a number that was given to it, this one is the hash of the name.
    public static let method: RPCMethod = {
        let name = "cutover.v1.Echo/Echo"
        return RPCMethod(name: name, id: MethodID.hash(of: name), kind: .unary, isIdempotent: true, role: .any)
    }()

    /// Echo of bytes that are no message: what the wire takes by itself. No service of the product has it.
    public static let wireMethod: RPCMethod = {
        let name = "cutover.benchmarks.Wire/Echo"
        return RPCMethod(name: name, id: MethodID.hash(of: name), kind: .unary, isIdempotent: true, role: .any)
    }()

    /// Decodes an EchoRequest and encodes the answer to it.
    public static func answer(_ payload: ByteBuffer) throws -> ByteBuffer {
        let request = try payload.withUnsafeReadableBytes { try EchoRequest(protoBytes: $0) }
        return EchoResponse(payload: request.payload).withProtoBytes { ByteBuffer(bytes: $0) }
    }
}
