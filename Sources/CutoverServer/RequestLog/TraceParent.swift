internal import CutoverWire

/// The trace that a call belongs to (W3C Trace Context, "traceparent Header").
struct TraceParent: Sendable, Hashable {
    static let key = "traceparent"

    /// 32 lower-case hexadecimal digits, not all of them 0.
    let traceID: String

    /// nil unless the value is one of version 00, or of a later one that begins like it.
    init?(_ value: [UInt8]) {
        guard value.count >= 55, value.count == 55 || value[55] == UInt8(ascii: "-") else { return nil }
        let dashes = [2, 35, 52]
        guard value.count <= 512, dashes.allSatisfy({ value[$0] == UInt8(ascii: "-") }) else { return nil }
        for index in 0..<55 where !dashes.contains(index) {
            guard Self.isHex(value[index]) else { return nil }
        }
        let version = value[0..<2]
        guard !version.allSatisfy({ $0 == UInt8(ascii: "f") }) else { return nil }
        guard value.count == 55 || !version.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
        guard [3..<35, 36..<52].allSatisfy({ !value[$0].allSatisfy { $0 == UInt8(ascii: "0") } }) else { return nil }
        traceID = String(decoding: value[3..<35], as: UTF8.self)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
