import CutoverConsole

/// A table of a page. Its cells are HTML already; its titles are not.
struct ReceiptHTMLTable: Sendable {
    struct Column: Sendable {
        var title: String
        var isNumber: Bool
        /// As narrow as its text, which is not broken.
        var isShort: Bool

        init(_ title: String, isNumber: Bool = false, isShort: Bool = false) {
            self.title = title
            self.isNumber = isNumber
            self.isShort = isShort
        }

        /// The attribute of its cells.
        fileprivate var attribute: String { isNumber ? " class=\"num\"" : isShort ? " class=\"short\"" : "" }
    }

    var columns: [Column]
    var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Empty without rows.
    var html: String {
        guard !rows.isEmpty else { return "" }
        let titles = columns.map { column in
            "<th\(column.attribute) scope=\"col\">\(HTMLText.inline(column.title))</th>"
        }
        let body = rows.map { row in
            "<tr>"
                + zip(columns, row).map { "<td\($0.attribute)>\($1)</td>" }.joined() + "</tr>"
        }
        return
            "<table><thead><tr>\(titles.joined())</tr></thead><tbody>\n\(body.joined(separator: "\n"))\n</tbody></table>"
    }
}

/// A list of names and values of a page.
struct ReceiptHTMLList: Sendable {
    struct Entry: Sendable {
        var name: String
        var value: String
        /// An id or a position, to be set in a typewriter face.
        var isCode: Bool

        init(_ name: String, _ value: String, isCode: Bool = false) {
            self.name = name
            self.value = value
            self.isCode = isCode
        }
    }

    /// Those without a value are left out.
    var entries: [Entry]

    init(_ entries: [Entry]) {
        self.entries = entries.filter { !$0.value.isEmpty }
    }

    var html: String {
        guard !entries.isEmpty else { return "" }
        let lines = entries.map { entry in
            "<dt>\(HTMLText.inline(entry.name))</dt>"
                + "<dd\(entry.isCode ? " class=\"id\"" : "")>\(HTMLText.name(entry.value))</dd>"
        }
        return "<dl>\n\(lines.joined(separator: "\n"))\n</dl>"
    }
}
