import CutoverModel
import CutoverProto
import CutoverProtoRuntime
import Testing

@Suite struct ProtoArenaTests {
    /// Memory comes in steps of 8 bytes, and a step that is not whole within the budget is not given.
    @Test(arguments: 0...40) func theBudgetIsNotExceeded(budgetBytes: Int) {
        ProtoScratch.withArena(budgetBytes: budgetBytes) { arena in
            var taken = 0
            while arena.allocate(5) != nil { taken += 8 }
            #expect(taken == budgetBytes / 8 * 8)
            #expect(arena.isExhausted)
        }
    }

    @Test func nothingIsTakenByARefusal() {
        ProtoScratch.withArena(budgetBytes: 16) { arena in
            #expect(arena.allocate(17) == nil)
            #expect(arena.allocate(-1) == nil)
            #expect(arena.allocate(.max) == nil)
            #expect(arena.allocate(16) != nil)
            #expect(arena.allocate(0) != nil)
            #expect(arena.allocate(1) == nil)
        }
    }

    /// A message that came in a longer form than it needs may use more memory than its own encoding may.
    @Test func theBudgetIsThatOfTheBytesThatCame() throws {
        // Empty labels, each with a length of five bytes.
        let long = Array(repeating: [0x12, 0x80, 0x80, 0x80, 0x80, 0x00] as [UInt8], count: 4000).flatMap { $0 }
        let request = try CreateTaskRequest(protoBytes: long)
        #expect(request.labels.count == 4000)
        #expect(throws: ProtoError.budgetExceeded) { try CreateTaskRequest(protoBytes: request.protoBytes()) }
    }
}
