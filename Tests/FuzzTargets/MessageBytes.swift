/// Payloads that mean something to most message types, to begin with: fields of every kind under low numbers.
enum MessageBytes {
    static let samples: [[UInt8]] = [
        [],
        fields(1...15, of: .varint),
        fields(1...15, of: .longest),
        fields(1...15, of: .text),
        fields(1...31, of: .nested),
        // A number that takes more bytes than it needs, an unknown field, a field of fixed width.
        [0x88, 0x80, 0x00, 0x81, 0x00] + [0xFA, 0x01, 0x01, 0x00] + [0x7D, 1, 2, 3, 4] + [
            0x79, 1, 2, 3, 4, 5, 6, 7, 8,
        ],
    ]

    private enum Kind {
        case varint
        /// The varint of -1.
        case longest
        case text
        case nested
    }

    private static func fields(_ numbers: ClosedRange<Int>, of kind: Kind) -> [UInt8] {
        numbers.flatMap { number -> [UInt8] in
            switch kind {
            case .varint: tag(number, 0) + [UInt8(number)]
            case .longest: tag(number, 0) + [UInt8](repeating: 0xFF, count: 9) + [1]
            case .text: tag(number, 2) + [1, 0x61]
            case .nested: tag(number, 2) + [4, 0x0A, 2, 0x0A, 0]
            }
        }
    }

    private static func tag(_ number: Int, _ wireType: Int) -> [UInt8] {
        let tag = number << 3 | wireType
        return tag < 0x80 ? [UInt8(tag)] : [UInt8(tag & 0x7F | 0x80), UInt8(tag >> 7)]
    }
}
