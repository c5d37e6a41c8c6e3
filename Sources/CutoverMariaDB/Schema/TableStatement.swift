/// The text of SHOW CREATE TABLE, cut into what is made before the rows and what is made after them.
///
/// SHOW CREATE prints one column, key or constraint a line; line breaks inside quoted text are printed as escapes. A
/// line that is not recognised stays in the first statement, which is always correct, only slower.
struct TableStatement: Sendable, Hashable {
    /// CREATE TABLE with columns, the primary key and CHECK constraints.
    private(set) var create: String
    /// Definitions of the other keys, such as ``KEY `k` (`a`)``.
    private(set) var keys: [String] = []
    /// Definitions of the foreign keys.
    private(set) var foreignKeys: [String] = []

    /// A statement that is not to be cut.
    init(verbatim text: String) { create = text }

    /// - Parameter qualified: the quoted `database`.`table` that takes the place of the bare name.
    init(_ text: String, qualified: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count > 2, let last = lines.lastIndex(where: { $0.hasPrefix(")") }), last > 0 else {
            create = Self.qualify(text, qualified)
            return
        }
        let incremented = Self.incrementedColumn(lines[1..<last])
        var kept: [String] = []
        for line in lines[1..<last] {
            let definition = line.trimmingTrailingComma()
            if definition.isForeignKey {
                foreignKeys.append(definition.withoutIndent())
            } else if definition.isSecondaryKey, !Self.serves(definition, incremented) {
                keys.append(definition.withoutIndent())
            } else {
                kept.append(definition)
            }
        }
        let tail = lines[last...].joined(separator: "\n")
        // A table that has nothing but keys cannot be; if it seems so, the text was not understood.
        guard !kept.isEmpty else {
            create = Self.qualify(text, qualified)
            (keys, foreignKeys) = ([], [])
            return
        }
        create = Self.qualify(lines[0], qualified) + "\n" + kept.joined(separator: ",\n") + "\n" + tail
    }

    /// An AUTO_INCREMENT column needs a key that begins with it from the start.
    private static func incrementedColumn(_ lines: ArraySlice<String>) -> String? {
        lines.first { $0.hasPrefix("  `") && $0.contains(" AUTO_INCREMENT") }.flatMap { line in
            line.split(separator: "`", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
        }
    }

    private static func serves(_ key: String, _ column: String?) -> Bool {
        guard let column else { return false }
        return key.contains("`\(column)`")
    }

    private static func qualify(_ text: String, _ qualified: String) -> String {
        let start = "CREATE TABLE `"
        guard text.hasPrefix(start) else { return text }
        var index = text.index(text.startIndex, offsetBy: start.count)
        while index < text.endIndex {
            if text[index] == "`" {
                let next = text.index(after: index)
                guard next < text.endIndex, text[next] == "`" else {
                    return "CREATE TABLE " + qualified + text[next...]
                }
                index = text.index(after: next)
            } else {
                index = text.index(after: index)
            }
        }
        return text
    }
}

extension String {
    fileprivate func trimmingTrailingComma() -> String { hasSuffix(",") ? String(dropLast()) : self }
    fileprivate func withoutIndent() -> String { String(drop { $0 == " " }) }

    fileprivate var isForeignKey: Bool {
        hasPrefix("  CONSTRAINT `") && contains(" FOREIGN KEY (") && contains(" REFERENCES ")
    }

    fileprivate var isSecondaryKey: Bool {
        ["  KEY `", "  UNIQUE KEY `", "  FULLTEXT KEY `", "  SPATIAL KEY `"].contains { hasPrefix($0) }
    }
}
