/// One POST, of which only the status of the answer matters: no redirect is followed, no body is read, nothing is kept.
///
/// By libcurl, because Foundation's URLSession on Linux ends the process when a server answers with something that is not HTTP,
/// and when an answer and a cancellation cross. What a receiver sends must never end this one.
///
/// Proxies are taken from the environment, as libcurl does.
public struct HTTPPost: Sendable {
    /// The most bytes of header lines that an answer may have.
    static let maxHeaderBytes = 64 << 10

    /// `http` or `https`; any other scheme is refused.
    public var url: String
    /// Without line breaks in names or values.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// How long all of it may take, from the name's resolution to the status.
    public var deadlineMs: Int
    /// A PEM file with the authorities, one of which must have signed for an `https` receiver; empty for those of the system.
    /// The receiver's certificate must hold its name in any case, else nothing is sent.
    public var authoritiesFile: String

    public init(
        url: String, headers: [(name: String, value: String)], body: [UInt8], deadlineMs: Int = 10_000,
        authoritiesFile: String = ""
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlineMs = deadlineMs
        self.authoritiesFile = authoritiesFile
    }

    /// Posts from a thread of its own.
    /// - Returns: the status of the answer, 100 to 999.
    /// - Throws: ``HTTPPostError``; `CancellationError` at once, while the connection is closed within about a second.
    public func status() async throws -> Int {
        try await HTTPExchange(self).run()
    }
}

/// Why there was no answer. Names neither address nor content.
public struct HTTPPostError: Error, Sendable, Hashable {
    /// A `CURLcode`, such as 6 for a name that is not known, 7 for nobody who listens, 28 for the deadline, 60 for a
    /// certificate that is not trusted.
    public var code: Int

    public init(code: Int) { self.code = code }
}
