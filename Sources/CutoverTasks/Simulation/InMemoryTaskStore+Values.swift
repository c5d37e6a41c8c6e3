package import CutoverModel

extension InMemoryTaskStore {
    /// Mixes a record's content into 32 bytes; tells changed records apart, but stands up to nobody who means harm.
    package static func weakSeal(_ sequence: UInt64, _ previousHash: [UInt8], _ stop: Stop) -> [UInt8] {
        var words: [UInt64] = (0..<4).map { 0xcbf2_9ce4_8422_2325 &+ sequence &+ $0 }
        for byte in previousHash + Array(stop.id.utf8) + Array(stop.taskId.utf8) + [UInt8(stop.phases.count & 0xff)] {
            for index in words.indices {
                words[index] = (words[index] ^ (UInt64(byte) &+ UInt64(index))) &* 0x0000_0100_0000_01b3
            }
        }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }

    /// Whether a name matches a pattern of `*` (any text), `?` (one character) and characters that stand for themselves.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name.unicodeScalars)
        let pattern = Array(pattern.unicodeScalars)
        var n = 0
        var p = 0
        /// Where the last star stands, and where the text it takes in ends so far.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                n += 1
                p += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                n = last.name + 1
                p = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
