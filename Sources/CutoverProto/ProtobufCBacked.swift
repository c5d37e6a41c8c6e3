import CProtobufC
import CutoverProtoRuntime

/// A value with a C structure of protobuf-c behind it. Generated code conforms; its users see `ProtoMessage` instead.
///
/// What is generic over it stays in this module, so that the compiler makes a version for each message.
protocol ProtobufCBacked {
    associatedtype CMessage

    /// The type's descriptor. It points to constant data of the generated C code.
    static var descriptor: ProtoDescriptor { get }
    /// Sets a structure to defaults.
    static func initialize(_ message: UnsafeMutablePointer<CMessage>)
    /// Copies an unpacked structure; nothing of it is kept.
    init(copying message: UnsafePointer<CMessage>) throws(ProtoError)
    /// Fills a structure that has been initialized; what it points to comes from the arena.
    func fill(_ message: UnsafeMutablePointer<CMessage>, in arena: ProtoArena)
}

/// The descriptor of a message type.
///
/// `@unchecked Sendable`: the pointer is to a `const` object of static storage that nothing ever writes.
struct ProtoDescriptor: @unchecked Sendable {
    let pointer: UnsafePointer<ProtobufCMessageDescriptor>

    /// Reads it off a structure that was set to defaults: every one begins with the `ProtobufCMessage` that holds it.
    init<Message: ProtobufCBacked>(of _: Message.Type) {
        let message = UnsafeMutablePointer<Message.CMessage>.allocate(capacity: 1)
        defer { message.deallocate() }
        Message.initialize(message)
        pointer = UnsafeRawPointer(message).load(as: ProtobufCMessage.self).descriptor
    }
}

extension ProtobufCBacked {
    /// Decodes: one scan, one unpacking into an arena, one copy, one reset.
    static func unpack(_ bytes: UnsafeRawBufferPointer) throws(ProtoError) -> Self {
        let descriptor = Self.descriptor.pointer
        try WireScan.check(bytes, as: descriptor)
        let budget = ProtoLimits.unpackBudgetBytes(payloadBytes: bytes.count)
        return try ProtoScratch.withArena(budgetBytes: budget) { (arena) throws(ProtoError) in
            guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else {
                return try Self(copying: arena.make(Self.self))
            }
            guard let message = protobuf_c_message_unpack(descriptor, arena.allocator, bytes.count, source) else {
                throw arena.isExhausted ? .budgetExceeded : .malformed
            }
            return try Self(copying: UnsafeRawPointer(message).assumingMemoryBound(to: CMessage.self))
        }
    }

    /// Fills the C structure and lends it for packing.
    func withFilled<Result, Failure: Error>(
        _ body: (PackableMessage) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try ProtoScratch.withArena(budgetBytes: 0) { (arena) throws(Failure) in
            let message = arena.make(Self.self)
            fill(message, in: arena)
            return try body(PackableMessage(message, arena))
        }
    }
}

/// A filled C structure, to be packed while it is lent.
struct PackableMessage {
    private let base: UnsafePointer<ProtobufCMessage>
    private let arena: ProtoArena
    /// The size of the encoded message.
    let sizeBytes: Int

    init<CMessage>(_ message: UnsafeMutablePointer<CMessage>, _ arena: ProtoArena) {
        base = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        self.arena = arena
        sizeBytes = protobuf_c_message_get_packed_size(base)
    }

    /// Writes the message; gives the bytes written.
    func pack(into destination: UnsafeMutableRawBufferPointer) throws(ProtoError) -> Int {
        guard destination.count >= sizeBytes else { throw .destinationTooSmall(neededBytes: sizeBytes) }
        guard sizeBytes > 0, let start = destination.baseAddress else { return 0 }
        return protobuf_c_message_pack(base, start.assumingMemoryBound(to: UInt8.self))
    }

    /// Writes the message to memory that lives as long as the loan.
    func pack() -> UnsafeRawBufferPointer {
        let memory = arena.take(sizeBytes)
        let written = protobuf_c_message_pack(base, memory.assumingMemoryBound(to: UInt8.self))
        return UnsafeRawBufferPointer(start: memory, count: written)
    }
}
