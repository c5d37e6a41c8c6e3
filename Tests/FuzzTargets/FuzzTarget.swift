/// What is fuzzed: one body that libFuzzer and the replay tests run alike.
public struct FuzzTarget: Sendable {
    /// What `dev/fuzz` and the folders of the corpus and the crashes call it.
    public let name: String
    /// The longest input worth trying, in bytes.
    public let maxInputBytes: Int
    /// Runs one input. Every input is allowed; a ``FuzzFinding`` or a crash is a bug.
    public let run: @Sendable ([UInt8]) throws(FuzzFinding) -> Void
    /// Inputs to begin with, most of them made from `proto/vectors`.
    public let seeds: @Sendable () throws -> [[UInt8]]

    /// Every target.
    public static let all: [FuzzTarget] = [
        FrameFuzz.fromClient, FrameFuzz.fromServer, HelloFuzz.target, MetadataFuzz.target, ServerStatesFuzz.target,
        ClientStatesFuzz.target, MessagesFuzz.target, UnpackFuzz.target, CClientFuzz.target,
        BinlogFuzz.target,
    ]
}
