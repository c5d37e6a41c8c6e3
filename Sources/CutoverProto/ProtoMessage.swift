public import CutoverModel
public import CutoverProtoRuntime

/// Why a message could not be read or written.
public typealias ProtoError = CutoverProtoRuntime.ProtoError

/// A message of the Model that has a protobuf form.
///
/// Decoding and encoding go through protobuf-c: unknown fields are ignored, the last of several values counts, fields
/// at their default are left out. Conformances are generated.
public protocol ProtoMessage: ModelMessage {
    /// Decodes a message.
    ///
    /// Throws ``ProtoError``: `malformed`, `budgetExceeded`, `invalidUTF8`, `tagOutOfRange`, `tooDeep`.
    init(protoBytes: UnsafeRawBufferPointer) throws(ProtoError)

    /// The bytes that the message encodes to.
    func protoSize() -> Int

    /// Encodes to the start of `destination` and gives the number of bytes written.
    ///
    /// Throws ``ProtoError/destinationTooSmall(neededBytes:)``.
    func serialize(into destination: UnsafeMutableRawBufferPointer) throws(ProtoError) -> Int

    /// Lends the encoded message; the pointer must not be kept. The fastest way to append a message to a buffer.
    func withProtoBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result
}

extension ProtoMessage {
    /// Decodes a message, see ``init(protoBytes:)-(UnsafeRawBufferPointer)``.
    public init(protoBytes: [UInt8]) throws(ProtoError) {
        // Unlike `withUnsafeBytes`, this one passes typed errors on.
        self = try protoBytes.withUnsafeBufferPointer { (bytes) throws(ProtoError) in
            try Self(protoBytes: UnsafeRawBufferPointer(bytes))
        }
    }

    /// The encoded message.
    public func protoBytes() -> [UInt8] {
        withProtoBytes { [UInt8]($0) }
    }
}
