import Foundation
import Synchronization

/// A receiver behind TLS for one connection: the openssl command, whose output is all that it got to read.
final class TLSReceiver: Sendable {
    /// What the command has said so far.
    private final class Transcript: Sendable {
        private let kept = Mutex("")

        var text: String { kept.withLock { $0 } }
        func add(_ bytes: Data) { kept.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    }

    private let process: Process
    private let input: FileHandle
    private let transcript: Transcript
    let port: UInt16

    var url: String { "https://127.0.0.1:\(port)/alarms" }
    /// What the command has said, with what it read from its peer among it.
    var text: String { transcript.text }

    /// - Parameter certificate: one of the certificates' names.
    init(_ certificates: TestCertificates, _ certificate: String) throws {
        let process = Process()
        let (stdin, stdout) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert",
            certificates.path(certificate + ".pem"), "-key", certificates.path(certificate + ".key"),
        ]
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stdout)
        self.process = process
        input = stdin.fileHandleForWriting
        try process.run()
        let reader = stdout.fileHandleForReading
        let transcript = Transcript()
        port = try Self.port(reader, transcript)
        self.transcript = transcript
        Thread.detachNewThread {
            while case let bytes = reader.availableData, !bytes.isEmpty { transcript.add(bytes) }
        }
    }

    /// The command says where it listens before anything else.
    private static func port(_ reader: FileHandle, _ transcript: Transcript) throws -> UInt16 {
        while case let bytes = reader.availableData, !bytes.isEmpty {
            transcript.add(bytes)
            let lines = transcript.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.hasPrefix("ACCEPT ") }), let colon = line.lastIndex(of: ":"),
                let port = UInt16(line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
            {
                return port
            }
        }
        throw CertificateError.never("listens")
    }

    /// Answers what has come by now.
    func answer(_ status: Int) throws {
        try input.write(
            contentsOf: Data("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
    }

    func waitFor(_ wanted: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !text.contains(wanted) {
            guard ContinuousClock.now < deadline else { throw CertificateError.never(wanted) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Ends with its one connection; then nothing more is read.
    func waitForEnd() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while process.isRunning {
            guard ContinuousClock.now < deadline else { throw CertificateError.never("the connection ended") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func close() {
        if process.isRunning { process.terminate() }
        try? input.close()
    }
}
