import CutoverConsole
import CutoverModel

/// The SQL that a stop left to run by hand, as a script for the `mariadb` client.
enum ResidueRenderer {
    /// What is left of a stop: one comment and one statement block for each object; empty when nothing is.
    static func lines(_ stop: Stop) -> [String] {
        lines(stop.openResidue)
    }

    /// A statement of several lines or with semicolons is enclosed in a delimiter of its own; a script that brings its
    /// delimiters is taken as it is. The SQL itself is verbatim: whoever shows it on a terminal makes it harmless there.
    static func lines(_ objects: [ObjectOutcome]) -> [String] {
        objects.filter { !$0.sql.isEmpty }.flatMap { object -> [String] in
            let name = TextWidth.harmless(ReceiptRenderer.objectName(object))
            let comment = "-- \(object.kind.words) \(name)"
            var script = object.sql.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if object.sql.hasPrefix("DELIMITER ") {
                // The break at its end is none of its lines.
                if script.last == "" { script.removeLast() }
                return [comment] + script
            }
            guard object.sql.contains(";") else { return [comment] + terminated(script) }
            let delimiter = delimiter(notIn: object.sql)
            return [comment, "DELIMITER \(delimiter)"] + script + [delimiter, "DELIMITER ;"]
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
