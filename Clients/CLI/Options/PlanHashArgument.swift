import ArgumentParser

/// The hash of a plan on the command line: 64 hexadecimal digits.
struct PlanHashArgument: Hashable, Sendable, ExpressibleByArgument {
    var bytes: [UInt8]

    init?(argument: String) {
        let digits = Array(argument.utf8)
        guard digits.count == 64 else { return nil }
        bytes = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
    }
}
