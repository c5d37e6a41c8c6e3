/// What went over a connection, counted without regard to any state: what must hold whatever the states are.
struct SlotLedger {
    private struct Entry {
        var begun = 0
        var ended = 0
        var granted = 0
        var spent = 0
    }

    private var entries: [UInt32: Entry] = [:]
    /// Not after DRAINED.
    var takesCalls = true

    /// A REQUEST was accepted.
    mutating func begin(_ slot: UInt32) throws(FuzzFinding) {
        try expect(takesCalls, "a call after DRAINED")
        var entry = entries[slot] ?? Entry()
        try expectEqual(entry.begun, entry.ended, "calls in slot \(slot) that have an answer, when the next begins")
        entry.begun += 1
        (entry.granted, entry.spent) = (0, 0)
        entries[slot] = entry
    }

    /// A RESPONSE was sent, or accepted.
    mutating func end(_ slot: UInt32) throws(FuzzFinding) {
        var entry = entries[slot] ?? Entry()
        entry.ended += 1
        try expectEqual(entry.ended, entry.begun, "answers in slot \(slot)")
        entries[slot] = entry
    }

    /// Credit was given with the REQUEST or by CREDIT.
    mutating func grant(_ bytes: UInt32, to slot: UInt32) {
        entries[slot]?.granted += Int(bytes)
    }

    /// An ITEM passed: only while something was left of the credit, so that it is exceeded by less than one frame.
    mutating func spend(_ length: UInt32, in slot: UInt32) throws(FuzzFinding) {
        guard var entry = entries[slot], entry.begun > entry.ended else { throw FuzzFinding("an ITEM without a call") }
        try expect(entry.spent < entry.granted, "an ITEM after \(entry.spent) of \(entry.granted) bytes of credit")
        entry.spent += max(64, Int(length))
        entries[slot] = entry
    }
}
