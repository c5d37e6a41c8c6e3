/// Writes counts for people.
package enum CountFormat {
    /// The count with its thousands apart: `1,234,567`.
    package static func grouped(_ count: UInt64) -> String {
        let digits = Array(String(count))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// The count in at most five characters: `999`, `12.3k`, `4.5M`.
    package static func short(_ count: UInt64) -> String {
        let units: [(size: UInt64, name: String)] = [
            (1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"),
        ]
        for unit in units where count >= unit.size {
            let tenths = count / (unit.size / 10)
            return tenths >= 1000 ? "\(tenths / 10)\(unit.name)" : "\(tenths / 10).\(tenths % 10)\(unit.name)"
        }
        return String(count)
    }

    /// A count and its noun, in the plural unless it is one: `1 trigger`, `3 triggers`.
    package static func phrase(_ count: UInt64, _ singular: String, _ plural: String? = nil) -> String {
        "\(grouped(count)) \(count == 1 ? singular : plural ?? singular + "s")"
    }

    package static func phrase(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
        phrase(UInt64(max(0, count)), singular, plural)
    }
}
