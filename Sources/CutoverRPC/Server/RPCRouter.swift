internal import CutoverWire
public import NIOCore

/// The methods a server serves, each with its handler.
///
/// Handlers are `async` and run on the cooperative thread pool, or `inlineUnary` and run on the event loop itself: the
/// second are faster and must neither block nor take more than a few microseconds.
public struct RPCRouter: Sendable {
    /// Answers one message with one message.
    public typealias UnaryHandler = @Sendable (ByteBuffer, CallContext) async throws -> ByteBuffer
    /// Answers one message with one message, on the event loop.
    public typealias InlineUnaryHandler = @Sendable (ByteBuffer, CallContext) throws -> ByteBuffer
    /// Answers one message with many; the stream ends when it returns.
    public typealias ServerStreamHandler = @Sendable (ByteBuffer, CallContext, RPCItemWriter) async throws -> Void

    /// How a method is served.
    enum Handler: Sendable {
        case unary(UnaryHandler)
        case inlineUnary(InlineUnaryHandler)
        case serverStream(ServerStreamHandler)
    }

    private(set) var entries: [(method: RPCMethod, handler: Handler)] = []
    private var names: [UInt32: String] = [:]

    public init() {}

    /// The methods registered so far.
    public var methods: [RPCMethod] { entries.map(\.method) }

    public mutating func register(_ method: RPCMethod, unary: @escaping UnaryHandler) throws {
        try add(method, .unary(unary), kind: .unary)
    }

    /// Registers a handler that runs on the event loop: for what answers from memory, such as health and echo.
    public mutating func register(_ method: RPCMethod, inlineUnary: @escaping InlineUnaryHandler) throws {
        try add(method, .inlineUnary(inlineUnary), kind: .unary)
    }

    public mutating func register(_ method: RPCMethod, serverStream: @escaping ServerStreamHandler) throws {
        try add(method, .serverStream(serverStream), kind: .serverStream)
    }

    private mutating func add(_ method: RPCMethod, _ handler: Handler, kind: RPCMethod.Kind) throws {
        guard method.kind == kind else { throw RPCRouterError(.wrongKind, method: method) }
        let isHash = method.id == MethodID.hash(of: method.name) && !MethodID.reserved.contains(method.id)
        guard isHash || MethodID.reserved.contains(method.id) else { throw RPCRouterError(.wrongID, method: method) }
        if let other = names[method.id] {
            throw RPCRouterError(other == method.name ? .duplicate : .collision, method: method)
        }
        names[method.id] = method.name
        entries.append((method, handler))
    }
}

/// Why a method could not be registered.
public struct RPCRouterError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The handler's kind is not the method's.
        case wrongKind = "the handler does not fit the method's kind"
        /// The number is neither the hash of the name nor a reserved one.
        case wrongID = "the number is neither FNV-1a of the name nor in 1 to 1023"
        /// The method was registered before.
        case duplicate = "the method is registered already"
        /// Another name has the same number: rename one of the methods.
        case collision = "another method has the same number; rename one"
    }

    public let code: Code
    public let method: RPCMethod

    init(_ code: Code, method: RPCMethod) {
        self.code = code
        self.method = method
    }

    public var description: String { "cannot register \(method.name): \(code.rawValue)" }
}
