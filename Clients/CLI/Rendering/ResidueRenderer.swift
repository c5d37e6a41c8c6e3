import CutoverModel

/// The SQL that a stop left to run by hand, as a script for the `mariadb` client.
enum ResidueRenderer {
    /// What is left of a stop: one comment and one statement block for each object; empty when nothing is.
    static func lines(_ stop: Stop) -> [String] {
        lines(stop.openResidue)
    }

    /// Bodies of triggers and events hold semicolons, so each is enclosed in its own delimiter. The SQL itself is
    /// verbatim: whoever shows it on a terminal makes it harmless there.
    static func lines(_ objects: [ObjectOutcome]) -> [String] {
        objects.filter { !$0.sql.isEmpty }.flatMap { object -> [String] in
            let kind = object.kind.words
            let name = TextWidth.harmless(ReceiptRenderer.objectName(object))
            let statement = object.sql.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard object.sql.contains(where: { $0 == ";" }), !object.sql.hasPrefix("DELIMITER") else {
                return ["-- \(kind) \(name)"] + terminated(statement)
            }
            let delimiter = delimiter(notIn: object.sql)
            return ["-- \(kind) \(name)", "DELIMITER \(delimiter)"] + statement + [delimiter, "DELIMITER ;"]
        }
    }

    private static func terminated(_ lines: [String]) -> [String] {
        guard let last = lines.last else { return [] }
        return last.hasSuffix(";") ? lines : lines.dropLast() + [last + ";"]
    }

    /// A delimiter that the statement does not contain.
    private static func delimiter(notIn sql: String) -> String {
        var delimiter = "//"
        while sql.contains(delimiter) { delimiter += "/" }
        return delimiter
    }
}
