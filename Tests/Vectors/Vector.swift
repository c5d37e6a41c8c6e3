public import Foundation

/// One vector of `proto/vectors`; its README says what the members mean.
public struct Vector: Sendable, Decodable, CustomStringConvertible {
    /// Who sends bytes.
    public enum Side: String, Sendable, Decodable {
        case client
        case server
    }

    /// What the bytes of a vector are.
    public enum Kind: String, Sendable, Decodable, CaseIterable {
        case preface
        case hello
        case frame
        case metadata
        case error
        case method
        case connection
        case call
        case session
    }

    /// Where a connection stands before the first step.
    public enum State: String, Sendable, Decodable {
        case awaitingHello = "awaiting-hello"
        case open
    }

    /// Bytes that pass on a connection.
    public struct Step: Sendable, Decodable {
        public let from: Side
        public let bytes: String
        /// Only in the steps of a session.
        public let expect: JSONValue?
    }

    public let name: String
    public let rules: [String]
    public let kind: Kind
    public let from: Side?
    public let state: State?
    /// The greatest body that the receiver accepts.
    public let maxFrameBytes: UInt32?
    public let before: [Step]?
    public let bytes: String?
    public let steps: [Step]?
    public let expect: JSONValue?

    enum CodingKeys: String, CodingKey {
        case name, rules, kind, from, state, before, bytes, steps, expect
        case maxFrameBytes = "max_frame"
    }

    public var description: String { name }

    /// The bytes, written out.
    public func data() throws -> [UInt8] { try HexNotation.bytes(bytes ?? "") }

    /// What is expected, with every repetition written out.
    public func expected() throws -> JSONValue { try (expect ?? .object([:])).expandingHex() }
}

/// The vectors and the specification they are from, as files of this repository.
public enum VectorFiles {
    private struct File: Decodable {
        let vectors: [Vector]
    }

    private struct Uncovered: Decodable {
        let rules: [String: String]
    }

    /// `proto`, found from where this file was compiled.
    public static let protoFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "proto")

    private static let uncoveredName = "uncovered.json"

    /// The names of the files with vectors, such as `frames`.
    public static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: protoFolder.appending(path: "vectors").path)
            .filter { $0.hasSuffix(".json") && $0 != uncoveredName }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The vectors of one file.
    public static func load(_ name: String) throws -> [Vector] {
        let data = try Data(contentsOf: protoFolder.appending(path: "vectors/\(name).json"))
        return try JSONDecoder().decode(File.self, from: data).vectors
    }

    /// All vectors of a kind.
    public static func all(_ kind: Vector.Kind) throws -> [Vector] {
        try names().flatMap { try load($0) }.filter { $0.kind == kind }
    }

    /// The rules that no vector shows, each with its reason.
    public static func uncoveredRules() throws -> [String: String] {
        let data = try Data(contentsOf: protoFolder.appending(path: "vectors/\(uncoveredName)"))
        return try JSONDecoder().decode(Uncovered.self, from: data).rules
    }

    /// The text of PROTOCOL.md.
    public static func specification() throws -> String {
        try String(contentsOf: protoFolder.appending(path: "PROTOCOL.md"), encoding: .utf8)
    }
}
