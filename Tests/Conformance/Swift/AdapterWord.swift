/// Bytes as a word of a line: hexadecimal, or `-` for none.
enum AdapterWord {
    static func hex(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "-" }
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func bytes(_ word: String) -> [UInt8] {
        // Words may be megabytes long, and the adapter is a debug build.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(word.utf8.count / 2)
        var high: UInt8?
        for letter in word.utf8 {
            guard let digit = value(of: letter) else { continue }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    private static func value(of letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter &- UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): letter &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
