/// How the columns of a table are read as text and loaded from it without loss.
struct RowPlan: Sendable, Hashable {
    let table: SourceTable
    /// Expressions of the SELECT, one for each loaded column.
    let selected: [String]
    /// Targets of LOAD DATA: columns, or variables that `assignments` turn into columns.
    private let targets: [String]
    private let assignments: [String]
    /// Which of the selected values are ENUM indexes.
    let enumIndexes: Set<Int>

    init(_ table: SourceTable) {
        self.table = table
        var selected: [String] = []
        var targets: [String] = []
        var assignments: [String] = []
        var enumIndexes: Set<Int> = []
        for column in table.columns where !column.isGenerated {
            let name = SQLText.name(column.name)
            let variable = "@v\(selected.count)"
            switch column.dataType {
            case "enum":
                // The text '' is both index 0 and perhaps a member; the index is exact.
                enumIndexes.insert(selected.count)
                selected.append("CAST(\(name) AS UNSIGNED)")
                targets.append(variable)
                assignments.append("\(name)=CAST(\(variable) AS UNSIGNED)")
            case "float":
                // As text a FLOAT has 6 digits and needs 9.
                selected.append("CAST(\(name) AS DOUBLE)")
                targets.append(name)
            case "uuid", "inet4", "inet6":
                // These take binary text for their storage format.
                selected.append(name)
                targets.append(variable)
                assignments.append("\(name)=CONVERT(\(variable) USING ascii)")
            default:
                selected.append(name)
                targets.append(name)
            }
        }
        self.selected = selected
        self.targets = targets
        self.assignments = assignments
        self.enumIndexes = enumIndexes
    }

    func selectStatement(_ range: KeyRange) -> String {
        let condition = range.condition(table).map { " WHERE " + $0 } ?? ""
        let order = range.isWhole ? "" : " ORDER BY " + table.keyColumns.map(SQLText.name).joined(separator: ",")
        return "SELECT \(selected.joined(separator: ",")) FROM \(table.quoted)\(condition)\(order)"
    }

    var loadStatement: String {
        let set = assignments.isEmpty ? "" : " SET " + assignments.joined(separator: ", ")
        return """
            LOAD DATA LOCAL INFILE 'rows' INTO TABLE \(table.quoted) CHARACTER SET binary \
            FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' \
            (\(targets.joined(separator: ",")))\(set)
            """
    }
}

/// A part of a table by its first key column, an integer: `lower <= column < upper`; nil = open.
struct KeyRange: Sendable, Hashable {
    var lower: String?
    var upper: String?

    static let whole = KeyRange(lower: nil, upper: nil)
    var isWhole: Bool { lower == nil && upper == nil }

    func condition(_ table: SourceTable) -> String? {
        guard let first = table.keyColumns.first, !isWhole else { return nil }
        let name = SQLText.name(first)
        return [lower.map { "\(name)>=\($0)" }, upper.map { "\(name)<\($0)" }].compactMap { $0 }
            .joined(separator: " AND ")
    }

    /// Cuts the interval between two integers into equal parts; the first and last parts are open.
    ///
    /// Works in 128 bits: a key may span from the least BIGINT to the greatest unsigned one.
    static func split(from least: Int128, to greatest: Int128, parts: Int) -> [KeyRange] {
        guard parts > 1, greatest > least else { return [.whole] }
        let width = max(1, (greatest - least + 1) / Int128(parts))
        var ranges: [KeyRange] = []
        var lower: String?
        for part in 1..<parts {
            let bound = least + width * Int128(part)
            guard bound <= greatest else { break }
            ranges.append(KeyRange(lower: lower, upper: "\(bound)"))
            lower = "\(bound)"
        }
        ranges.append(KeyRange(lower: lower, upper: nil))
        return ranges
    }
}
