import Foundation
import TestVectors

/// Runs tshark with the dissector over a capture.
enum Tshark {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private static let deadlineSeconds = 120

    static var isInstalled: Bool { path != nil }

    private static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/tshark" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    static let dissector = VectorFiles.protoFolder.deletingLastPathComponent()
        .appending(path: "dev/wireshark/cutover.lua")

    /// The fields of every packet that holds some of them: for each packet, the values of each field in order.
    static func fields(_ names: [String], of capture: CaptureFile) async throws -> [[String: [String]]] {
        let separators = ["-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|"]
        let text = try await run(["-T", "fields"] + separators + names.flatMap { ["-e", $0] }, capture)
        return text.split(separator: "\n").map { line in
            var values: [String: [String]] = [:]
            for (name, text) in zip(names, line.split(separator: "\t", omittingEmptySubsequences: false)) {
                values[name] = text.isEmpty ? [] : text.split(separator: "|").map(String.init)
            }
            return values
        }
    }

    /// What tshark prints about the packets that the dissector has taken.
    static func run(_ arguments: [String], _ capture: CaptureFile) async throws -> String {
        guard let path else { throw Failed(description: "tshark is not installed; run dev/install --test") }
        return try await capture.withFile { file in
            let output = URL(filePath: file + ".out")
            try Data().write(to: output)
            defer { try? FileManager.default.removeItem(at: output) }
            let process = Process()
            process.executableURL = URL(filePath: path)
            process.arguments =
                ["-X", "lua_script:\(dissector.path)", "-r", file, "-n", "-Y", "cutover"] + arguments
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            let status = try await end(of: process)
            guard status == 0 else { throw Failed(description: "tshark ended with \(status)") }
            return String(decoding: try Data(contentsOf: output), as: UTF8.self)
        }
    }

    private static func end(of process: Process) async throws -> Int32 {
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            end.yield($0.terminationStatus)
            end.finish()
        }
        try process.run()
        let pid = process.processIdentifier
        let deadline = Task {
            try await Task.sleep(for: .seconds(deadlineSeconds))
            kill(pid, SIGKILL)
        }
        defer { deadline.cancel() }
        for await status in ends { return status }
        return -1
    }
}
