import CutoverClient
import CutoverTestSupport
import Testing

extension Integration {
    /// What peers can make a real server hold. Each attack has the bound of MEM-1, computed from what it sends; the peak of
    /// the process must not grow by more than twice as much, which leaves the allocator its share.
    @Suite("Attacks on memory")
    struct MemoryAttackTests {
        private static let kib = 1_024
        /// What cutoverd announces.
        private static let maxFrame = 16 * kib * kib - 1
        private static let perConnection = 64 * kib
        private static let perCall = 64 * kib
        private static let opening = RawFrame.preface + RawFrame.hello()

        /// Runs an attack; when it returns, what it holds is at its greatest.
        private static func attack(
            bound: Int, reserved: Int? = nil, _ body: (CutoverdProcess) async throws -> Void
        ) async throws {
            let cutoverd = try await CutoverdProcess()
            let client = try cutoverd.client()
            // What comes with the first connections is not the attack's.
            for _ in 0..<32 {
                let socket = try RawSocket(path: cutoverd.folder + "/s")
                socket.send(opening)
                _ = socket.receiveFrame()
            }
            let pid = cutoverd.child.pid
            try ProcessMemory.forgetPeak(pid: pid)
            let before = try ProcessMemory(pid: pid)
            try await body(cutoverd)
            let after = try ProcessMemory(pid: pid)
            let peak = (after.peakKiB - before.residentKiB) * kib
            let grown = (after.reservedKiB - before.reservedKiB) * kib
            print("bound \(bound / kib) KiB, peak \(peak / kib) KiB, reserved \(grown / kib) KiB")
            #expect(peak <= 2 * bound)
            if let reserved { #expect(grown <= 2 * reserved) }
            #expect(try await client.checkHealth() == .serving)
        }

        /// Frames of 16 MiB of which 4 KiB come: 3 GiB, if what is announced were reserved.
        @Test func announcedLengthsReserveNothing() async throws {
            let part = 4 * Self.kib
            let bound = 200 * (Self.perConnection + part)
            // Each thread of the allocator may reserve 64 MiB at a time.
            try await Self.attack(bound: bound, reserved: bound + 128 << 20) { cutoverd in
                var sockets: [RawSocket] = []
                for _ in 0..<200 {
                    let socket = try RawSocket(path: cutoverd.folder + "/s")
                    socket.send(
                        Self.opening + RawFrame.head(RawFrame.request, length: UInt32(Self.maxFrame), id: 1, aux: 1)
                            + [UInt8](repeating: 0, count: part))
                    #expect(socket.receiveFrame()?.type == RawFrame.hello)
                    sockets.append(socket)
                }
                // Answered behind it on the same connections' event loops: all of it was read.
                #expect(try await cutoverd.client().checkHealth() == .serving)
                try await Task.sleep(for: .milliseconds(200))
                withExtendedLifetime(sockets) {}
            }
        }

        /// Frames of 16 MiB, whole but for their last bytes.
        @Test func unfinishedFramesHoldWhatHasCome() async throws {
            let chunk = [UInt8](repeating: 0, count: 1 << 20)
            try await Self.attack(bound: 8 * (Self.perConnection + Self.maxFrame)) { cutoverd in
                var sockets: [RawSocket] = []
                for _ in 0..<8 {
                    let socket = try RawSocket(path: cutoverd.folder + "/s")
                    socket.send(
                        Self.opening + RawFrame.head(RawFrame.request, length: UInt32(Self.maxFrame), id: 1, aux: 1))
                    for _ in 0..<15 { #expect(socket.send(chunk) == chunk.count) }
                    sockets.append(socket)
                }
                try await Task.sleep(for: .milliseconds(200))
                withExtendedLifetime(sockets) {}
            }
        }

        /// Lengths that no frame may have, and 64 MiB behind each: refused by their headers, and dropped.
        @Test func lengthsBeyondTheLimitAreNotRead() async throws {
            let chunk = [UInt8](repeating: 0, count: 1 << 20)
            let lengths: [(opening: [UInt8], length: UInt32)] = [
                (RawFrame.preface, 8_193), (Self.opening, UInt32(Self.maxFrame) + 1), (Self.opening, .max),
            ]
            try await Self.attack(bound: lengths.count * (Self.perConnection + 8_192)) { cutoverd in
                for (opening, length) in lengths {
                    let socket = try RawSocket(path: cutoverd.folder + "/s")
                    socket.send(opening + RawFrame.head(RawFrame.hello, length: length))
                    var sent = 0
                    while sent < 64 << 20, case let some = socket.send(chunk), some > 0 { sent += some }
                    #expect(sent < 64 << 20, "the server read on after a length of \(length)")
                }
            }
        }

        /// Payloads of 4 MiB that protobuf-c would unpack into some forty times as much, of each kind of message.
        @Test func messagesThatGrowWhenUnpackedAreCutOff() async throws {
            let methods = [
                "TaskService/CreateTask", "TaskService/ListTasks", "StopService/StopTask", "StopService/PlanStop",
                "BatchStopService/BatchStop", "AuditService/ReadAudit", "AlarmService/ListAlarms",
            ]
            let size = 4 << 20
            let unknown = [[UInt8]](repeating: [0xF8, 0x07, 1], count: size / 3).flatMap(\.self)
            // A list of two million empty labels.
            let labels = [[UInt8]](repeating: [0x12, 0], count: size / 2).flatMap(\.self)
            let calls = methods.map { ($0, unknown) } + [("TaskService/CreateTask", labels)]
            let unpacking = Self.perCall + 64 * Self.kib + 17 * size
            try await Self.attack(bound: Self.perConnection + unpacking) { cutoverd in
                let socket = try RawSocket(path: cutoverd.folder + "/s")
                socket.send(Self.opening)
                #expect(socket.receiveFrame()?.type == RawFrame.hello)
                for (method, payload) in calls {
                    let isStream = method.hasSuffix("/BatchStop") || method.hasSuffix("/ReadAudit")
                    socket.send(
                        RawFrame.request("cutover.v1." + method, slot: 1, flags: isStream ? 1 : 0, payload: payload))
                    let answer = try #require(socket.receiveFrame())
                    #expect(answer.type == RawFrame.response && answer.aux & 0xFF == 8, "\(method): \(answer.aux)")
                    #expect(String(decoding: answer.body, as: UTF8.self).contains("UNPACK_BUDGET"), "\(method)")
                }
            }
        }

        /// A thousand calls that stay, each with as much metadata as there may be; and some with more.
        @Test func metadataIsBounded() async throws {
            let calls: UInt32 = 1_000
            let entry = [1, 0x61, 0, 124] + [UInt8](repeating: 0x62, count: 124)
            let most = [[UInt8]](repeating: entry, count: 64).flatMap(\.self)
            let small = [[UInt8]](repeating: [1, 0x61, 0, 0], count: 2_048).flatMap(\.self)
            #expect(most.count == 8_192 && small.count == 8_192)
            try await Self.attack(bound: Self.perConnection + Int(calls) * Self.perCall) { cutoverd in
                let socket = try RawSocket(path: cutoverd.folder + "/s")
                socket.send(Self.opening)
                #expect(socket.receiveFrame()?.type == RawFrame.hello)
                for slot in 1...calls {
                    socket.send(
                        RawFrame.request("cutover.v1.TaskService/WatchTasks", slot: slot, flags: 1, metadata: most))
                }
                for _ in 0..<90 {
                    socket.send(RawFrame.request(number: 5, slot: 1_001, metadata: small))
                    let answer = try #require(socket.receiveFrame())
                    #expect(answer.id == 1_001 && answer.aux & 0xFF == 3)
                    #expect(String(decoding: answer.body, as: UTF8.self).contains("BAD_METADATA"))
                }
                withExtendedLifetime(socket) {}
            }
        }
    }
}
