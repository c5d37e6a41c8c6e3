import CutoverConsole
import CutoverModel

/// The parts of a receipt's page below its timeline, each empty when there is nothing to say.
struct ReceiptPageSections: Sendable {
    var response: StopTaskResponse
    var stop: Stop

    var sections: [String] {
        [counters, positions, tables, objects, residueFinished, residue, resources, chain]
    }

    private func section(_ title: String, _ aside: String = "", _ html: String) -> String {
        let small = aside.isEmpty ? "" : "<small>\(HTMLText.inline(aside))</small>"
        return "<h2>\(HTMLText.inline(title))\(small)</h2>\n\(html)"
    }

    private var counters: String {
        let counts: [(UInt64, String)] = [
            (stop.rowsCopied, "rows copied"), (stop.rowsApplied, "row changes applied"),
            (stop.transactionsApplied, "transactions applied"),
        ]
        let tiles = counts.filter { $0.0 > 0 }.map {
            "<li><b>\(CountFormat.grouped($0.0))</b><span>\($0.1)</span></li>"
        }
        return tiles.isEmpty ? "" : section("Data", "", "<ul class=\"counters\">\(tiles.joined())</ul>")
    }

    private var positions: String {
        let positions = ReceiptPositions(stop)
        guard !positions.rows.isEmpty else { return "" }
        let isByDomain = positions.rows.contains { !$0.domain.isEmpty }
        var table = ReceiptHTMLTable(
            (isByDomain ? [.init("Domain", isShort: true)] : [])
                + [.init("Requested"), .init("Received"), .init("Applied")]
                + (isByDomain ? [.init("Behind", isNumber: true)] : []))
        for row in positions.rows {
            let cells = [row.requested, row.received, row.applied].map { position in
                position.isEmpty ? "&ndash;" : "<code>\(HTMLText.name(position.replacing(",", with: ", ")))</code>"
            }
            let behind =
                row.behind.map { $0 == 0 ? "0" : "<b class=\"bad\">\(CountFormat.grouped($0))</b>" } ?? "&ndash;"
            table.rows.append((isByDomain ? [row.domain] : []) + cells + (isByDomain ? [behind] : []))
        }
        let note =
            "<p class=\"note\">GTID positions. The stop is drained only if the applied one reached the requested one.</p>"
        return section("Positions", ReceiptVerdict(stop).sentence, table.html + note)
    }

    private var tables: String {
        let partial = stop.tables.filter { !$0.complete }
        guard !partial.isEmpty else { return "" }
        let whole = stop.tables.count - partial.count
        var table = ReceiptHTMLTable([.init("Table"), .init("Copied", isShort: true), .init("Rows", isNumber: true)])
        for outcome in partial + stop.tables.filter(\.complete) {
            table.rows.append([
                HTMLText.name([outcome.database, outcome.table]),
                outcome.complete ? "<span class=\"good\">whole</span>" : "<span class=\"bad\">in part</span>",
                CountFormat.grouped(outcome.rows),
            ])
        }
        return section(
            "Tables of the copy", "\(CountFormat.grouped(UInt64(partial.count))) in part, \(whole) whole", table.html)
    }

    private var objects: String {
        guard !stop.objects.isEmpty else { return "" }
        var aside = Stop.outcomeCounts(stop.objects)
        if stop.objectsKnownAtMs > 0 { aside += "; read from the source \(TimeFormat.text(ms: stop.objectsKnownAtMs))" }
        return section("Triggers, events and counters", aside, Self.objectTable(stop.objects))
    }

    /// Those that need attention come first; within an outcome the order is the server's.
    private static func objectTable(_ objects: [ObjectOutcome]) -> String {
        var table = ReceiptHTMLTable([.init("Outcome", isShort: true), .init("Kind", isShort: true), .init("Object")])
        let ranked = objects.enumerated().sorted { left, right in
            (rank(left.element.result), left.offset) < (rank(right.element.result), right.offset)
        }
        for (_, object) in ranked {
            let note = object.message.isEmpty ? "" : "<span class=\"note\">\(HTMLText.name(object.message))</span>"
            table.rows.append([
                "<span class=\"\(className(object.result))\">\(HTMLText.inline(object.result.words))</span>",
                HTMLText.inline(object.kind.words),
                Self.objectName(object) + note,
            ])
        }
        return table.html
    }

    /// As ``ReceiptRenderer/objectName(_:)``, each part kept from turning the others around.
    private static func objectName(_ object: ObjectOutcome) -> String {
        if object.name.isEmpty || object.kind == .autoIncrement {
            return HTMLText.name([object.database, object.table.isEmpty ? object.name : object.table])
        }
        let name = HTMLText.name([object.database, object.name])
        return object.table.isEmpty ? name : "\(name) on \(HTMLText.name(object.table))"
    }

    private static func rank(_ result: ObjectResult) -> Int {
        switch result {
        case .failed: 0
        case .leftBehind: 1
        case .unspecified, .unrecognized: 2
        case .skipped: 3
        case .created, .present: 4
        }
    }

    private static func className(_ result: ObjectResult) -> String {
        switch result {
        case .failed: "bad"
        case .leftBehind: "warn"
        case .created, .present: "good"
        case .skipped, .unspecified, .unrecognized: "plain"
        }
    }

    private var residueFinished: String {
        guard stop.residueFinishedAtMs > 0 else { return "" }
        let facts = ReceiptHTMLList([
            .init("Finished", TimeFormat.text(ms: stop.residueFinishedAtMs)), .init("By", stop.residueActor),
            .init("Reason", stop.residueReason),
        ])
        return section(
            "Residue finished later", Stop.outcomeCounts(stop.residue), facts.html + Self.objectTable(stop.residue))
    }

    private var residue: String {
        let lines = ResidueRenderer.lines(stop)
        guard !lines.isEmpty else { return "" }
        let block = HTMLText.block(lines.joined(separator: "\n"))
        let id = HTMLText.inline(stop.taskId)
        var notes =
            "<p class=\"note\">A script for the mariadb client, to be run at the destination. One click selects it whole."
        if stop.openResidue.contains(where: { $0.result == .leftBehind }) {
            notes += " The server runs it by <code>cutover residue finish \(id) --reason TEXT</code>."
        }
        notes += "</p>"
        if block.isAltered {
            notes +=
                "<p class=\"note warn\">Characters that cannot be seen stand here as \u{FFFD}. Do not copy it: "
                + "<code>cutover receipt \(id) --sql</code> prints every byte.</p>"
        }
        let count = CountFormat.phrase(stop.openResidue.count, "object")
        return section("Left to be done (residue)", count, notes + "<pre>\(block.html)</pre>")
    }

    private var resources: String {
        guard !stop.resources.isEmpty else { return "" }
        var table = ReceiptHTMLTable([.init("Resource"), .init("Outcome", isShort: true)])
        for resource in stop.resources {
            let outcome =
                resource.released
                ? "<span class=\"good\">released</span>" : "<span class=\"warn\">left behind</span>"
            let note =
                resource.message.isEmpty ? "" : "<span class=\"note\">\(HTMLText.name(resource.message))</span>"
            table.rows.append([HTMLText.name(resource.resource) + note, outcome])
        }
        let left = stop.resources.count { !$0.released }
        return section("Resources", left == 0 ? "all released" : "\(left) left behind", table.html)
    }

    private var chain: String {
        let receipts = response.receipts
        guard let last = receipts.last else { return "" }
        let records = receipts.map { receipt in
            let time = receipt.attestedAtMs > 0 ? TimeFormat.text(ms: receipt.attestedAtMs) : ""
            let facts = ReceiptHTMLList([
                .init("Record", String(receipt.sequence)), .init("Attests", receipt.words), .init("At", time),
                .init("By", receipt.attestedActor),
                .init("Hash", ReceiptRenderer.hex(receipt.hash), isCode: true),
                .init(
                    receipt.sequence > 1 ? "Hash of record \(receipt.sequence - 1)" : "Hash before the first",
                    ReceiptRenderer.hex(receipt.previousHash), isCode: true),
            ])
            return facts.html
        }
        let head = AuditHeadArgument(AuditHead(sequence: last.sequence, hash: last.hash)).text
        let how = """
            <p>To verify that the audit log still holds this record, unchanged and at its place:</p>
            <pre>cutover audit verify --head \(HTMLText.inline(head))</pre>
            <p class="note">It recomputes the whole chain. The hash of a record is SHA-256 over \
            <code>cutover-audit-1</code>, its number, kind, final status (8 bytes each, big-endian), the hash of the record \
            before it, and the stop as it is encoded.</p>
            """
        return section("Audit log", "", records.joined(separator: "<p></p>\n") + how)
    }
}
