import CutoverClient
import CutoverTestSupport
import Foundation
import Glibc
import Testing

extension Integration {
    /// Texts of clients in the log of a real server: none begins a line of its own, none moves a terminal's cursor, none is
    /// without a bound.
    @Suite("Attacks on the log")
    struct LogAttackTests {
        private static let forged = "\r\n2026-01-01T00:00:00Z critical forged : all is lost\u{1B}[2J\u{7}\u{9B}\u{2028}"

        @Test(arguments: ["text", "json"]) func nothingOfAClientIsLoggedAsItCame(format: String) async throws {
            let cutoverd = try await CutoverdProcess(environment: ["CUTOVER_LOG_FORMAT": format])
            let agent = Array(Self.forged.utf8.prefix(64))
            let value = Array((Self.forged + String(repeating: "x", count: 7_000)).utf8)
            let metadata =
                [11] + Array("traceparent".utf8) + [UInt8(value.count >> 8), UInt8(value.count & 0xFF)] + value
            let path = cutoverd.folder + "/s"
            let hellos = [
                RawFrame.hello([(6, agent)]),
                RawFrame.hello([(6, [UInt8](repeating: 0xFF, count: 64)), (5, Array(value.prefix(4_096)))]),
            ]
            for hello in hellos {
                let socket = try RawSocket(path: path)
                socket.send(RawFrame.preface + hello)
                #expect(socket.receiveFrame()?.type == RawFrame.hello)
                let name: [UInt8] = [0x0A, UInt8(agent.count)] + agent
                for (slot, payload) in [name, [0x0A] + [UInt8](repeating: 0xFF, count: 9), name].enumerated() {
                    for method in ["TaskService/CreateTask", "TaskService/GetTask", "StopService/StopTask"] {
                        socket.send(
                            RawFrame.request(
                                "cutover.v1." + method, slot: UInt32(slot) + 1, metadata: metadata, payload: payload))
                        #expect(socket.receiveFrame()?.type == RawFrame.response)
                    }
                }
                // An end with a GOAWAY, which is logged.
                socket.send([UInt8](repeating: 0xFF, count: 64))
                #expect(socket.receiveFrame()?.type == RawFrame.goAway)
            }
            for bytes in [Array(Self.forged.utf8), RawFrame.preface + agent] {
                let socket = try RawSocket(path: path)
                socket.send(bytes)
                _ = socket.receiveAll()
            }
            try await cutoverd.stop()
            let log = try Data(contentsOf: URL(fileURLWithPath: cutoverd.folder + "/log"))
            let lines = log.split(separator: 10)
            #expect(lines.count > 5, "something was logged: \(cutoverd.log)")
            for line in lines {
                let text = String(decoding: line, as: UTF8.self)
                #expect(line.count < 2_048, "\(text.prefix(200))")
                #expect(line.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "\(text)")
                #expect(!text.unicodeScalars.contains { (0x80...0x9F).contains($0.value) || $0.value == 0x2028 })
                #expect(!text.hasPrefix("2026-01-01T00:00:00Z critical forged"))
                if format == "json" {
                    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line)) }
                }
            }
        }
    }
}
