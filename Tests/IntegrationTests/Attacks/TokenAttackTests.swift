import CutoverClient
import CutoverTestSupport
import Foundation
import Testing

extension Integration {
    /// What somebody without a good token gets of a real server: the same bytes, whatever is wrong, and nothing run.
    @Suite("Attacks on authentication")
    struct TokenAttackTests {
        /// A call that leaves a trace, in the same write as HELLO.
        private static func opening(_ token: [UInt8]?) -> [UInt8] {
            RawFrame.preface + RawFrame.hello(token.map { [(UInt16(5), $0)] } ?? [])
                + RawFrame.request("cutover.v1.TaskService/CreateTask", slot: 1, payload: [0x0A, 1, 0x78])
                + RawFrame.request(number: 1, slot: 2)
        }

        /// `cutoverd token ARGUMENTS`; what it printed.
        private static func token(_ cutoverd: CutoverdProcess, _ arguments: [String]) async throws -> String {
            let output = cutoverd.folder + "/token-\(UInt32.random(in: 0 ..< .max))"
            let child = try ChildProcess.start(
                "\(CutoverdProcess.executables)/cutoverd",
                ["token"] + arguments + ["--data-directory", cutoverd.folder + "/data"], output: output)
            #expect(try await child.wait(seconds: 30))
            return try String(contentsOfFile: output, encoding: .utf8)
        }

        private static func create(_ cutoverd: CutoverdProcess, _ arguments: String...) async throws -> String {
            let printed = try await token(cutoverd, ["create", "--name", "ann", "--role", "admin"] + arguments)
            return try #require(printed.split(separator: "\n").map(String.init).first { $0.hasPrefix("cut_") })
        }

        /// Whether a token opens a connection; nothing that leaves a trace is called.
        private static func isAccepted(_ token: String, path: String) throws -> Bool {
            let socket = try RawSocket(path: path)
            socket.send(
                RawFrame.preface + RawFrame.hello([(5, Array(token.utf8))]) + RawFrame.request(number: 1, slot: 1))
            #expect(socket.receiveFrame()?.type == RawFrame.hello)
            return socket.receiveFrame()?.type == RawFrame.response
        }

        @Test func everyBadTokenGetsTheSameBytesAndRunsNothing() async throws {
            let cutoverd = try await CutoverdProcess()
            let other = try await Self.create(cutoverd)
            let revoked = try await Self.create(cutoverd)
            let expired = try await Self.create(cutoverd, "--expires-in", "1s")
            let said = try await Self.token(cutoverd, ["revoke", String(revoked.dropFirst(4).prefix(12))])
            #expect(said.contains("is revoked"))
            let good = try await Self.create(cutoverd)
            let path = cutoverd.folder + "/s"
            func answer(_ token: [UInt8]?) throws -> [UInt8] {
                let socket = try RawSocket(path: path)
                socket.send(Self.opening(token))
                return socket.receiveAll()
            }
            // The server looks for changes by itself: the last of them is there, then the first second is over.
            for (token, isEnough) in [(good, true), (expired, false)] {
                for _ in 0..<100 where try Self.isAccepted(token, path: path) != isEnough {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            let refusal = try answer(nil)
            let hello = RawFrame(head: refusal)
            let goAway = RawFrame(head: Array(refusal.dropFirst(16 + hello.length)))
            #expect(hello.type == RawFrame.hello && goAway.type == RawFrame.goAway && goAway.aux == 9)
            #expect(refusal.count == 32 + hello.length + goAway.length, "HELLO, GOAWAY and nothing else")

            let secret = Array(good.utf8)
            var bad: [(String, [UInt8])] = [
                ("empty", []), ("revoked", Array(revoked.utf8)), ("expired", Array(expired.utf8)),
                ("another's secret", Array((good.prefix(17) + other.suffix(43)).utf8)),
                ("another's id", Array((other.prefix(17) + good.suffix(43)).utf8)),
                ("an unknown id", Array(("cut_aaaaaaaaaaaa_" + good.suffix(43)).utf8)),
                ("cut short", secret.dropLast()), ("longer", secret + secret.suffix(1)),
                ("a newline behind it", secret + [10]), ("Bearer", Array("Bearer ".utf8) + secret),
                ("in capitals", Array(good.uppercased().utf8)), ("a prefix", Array("cut_".utf8)),
                ("zeros", [UInt8](repeating: 0, count: 60)), ("no UTF-8", [UInt8](repeating: 0xFF, count: 60)),
                ("as long as may be", [UInt8](repeating: 0x61, count: 4_096)),
            ]
            for place in [4, 15, 17, 38, 59] {
                var bytes = secret
                bytes[place] = bytes[place] == 0x61 ? 0x62 : 0x61
                bad.append(("another character at \(place)", bytes))
            }
            for (name, token) in bad { #expect(try answer(token) == refusal, "\(name)") }
            #expect(try answer(nil) == refusal, "missing")
            #expect(!cutoverd.log.contains(good.suffix(43)) && !cutoverd.log.contains(expired.suffix(43)))

            // The same bytes run with the good token, and only then.
            var configuration = CutoverClient.Configuration()
            configuration.token = try CutoverToken(good)
            let client = try CutoverClient(endpoint: cutoverd.endpoint, configuration: configuration)
            #expect(try await client.listTasks(ListTasksRequest(pageSize: 10)).tasks.isEmpty)
            let socket = try RawSocket(path: path)
            socket.send(Self.opening(secret))
            let types = [socket.receiveFrame()?.type, socket.receiveFrame()?.type, socket.receiveFrame()?.type]
            #expect(types == [RawFrame.hello, RawFrame.response, RawFrame.response])
            #expect(try await client.listTasks(ListTasksRequest(pageSize: 10)).tasks.count == 1)
            await client.close()
        }
    }
}
