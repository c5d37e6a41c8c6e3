import CutoverClient
import CutoverTestSupport
import Testing
import TestRandom

extension Integration {
    @Suite("Hostile bytes at the port")
    struct HostileInputTests {
        /// Random bytes, cut frames and wrong lengths, beside a task that follows its source.
        @Test func tenThousandMalformedInputsDisturbNobody() async throws {
            let seed = UInt64.random(in: 0 ..< .max)
            print("seed \(seed)")
            var random = SplitMix64(seed: seed)
            let fixture = try await MigrationFixture()
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) VALUES (1)")
            let task = try await fixture.migrate(["app"])
            let path = fixture.cutoverd.folder + "/s"
            var before = 0
            for count in 0..<10_000 {
                if count == 1_000 { before = try ProcessMemory(pid: fixture.cutoverd.child.pid).residentKiB }
                try send(Self.input(&random), to: path)
                guard count % 500 == 0 else { continue }
                #expect(try await fixture.client.checkHealth() == .serving)
                #expect(try await fixture.client.getTask(task).status == .incrementalMigration)
            }
            let after = try ProcessMemory(pid: fixture.cutoverd.child.pid).residentKiB
            print("resident memory \(before) KiB after 1,000 inputs, \(after) KiB after 10,000")
            #expect(after < before + 16 * 1024)
            let stop = try #require(try await fixture.stop(task).stop)
            #expect(stop.drained)
        }

        private static func input(_ random: inout SplitMix64) -> [UInt8] {
            func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
            let preface: [UInt8] = [0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0]
            let hello: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return bytes(Int.random(in: 1...200, using: &random))
            case 1: return preface + bytes(Int.random(in: 1...100, using: &random))
            case 2: return preface + hello.prefix(Int.random(in: 1...15, using: &random))
            // A length that no frame may have.
            case 3: return preface + hello + [0xFF, 0xFF, 0xFF, 0xFF, 2] + bytes(11)
            // A request whose length says more than follows.
            case 4: return preface + hello + [0, 0, 0, 200, 2, 0, 0, 0, 0, 0, 0, 1] + bytes(30)
            // A whole request to a real method with a payload that is no message.
            default:
                return preface + hello + [0, 0, 0, 28, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
                    + [UInt8](repeating: 0, count: 8) + bytes(20)
            }
        }

        private func send(_ bytes: [UInt8], to path: String) throws {
            let socket = try RawSocket(path: path)
            socket.send(bytes)
            // Let the server take it in: end our side, and wait until it ends its own.
            socket.endSending()
            _ = socket.receiveAll()
        }
    }
}
