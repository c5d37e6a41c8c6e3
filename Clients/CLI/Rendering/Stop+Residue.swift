import CutoverConsole
import CutoverModel

extension Stop {
    /// Objects that did not come to the destination, neither by the stop nor when its residue was finished.
    var missingObjects: [ObjectOutcome] {
        let later = Dictionary(residue.map { (ObjectPlace($0), $0) }) { _, last in last }
        return objects.compactMap { object in
            guard object.result == .failed || object.result == .leftBehind else { return nil }
            guard let outcome = later[ObjectPlace(object)] else { return object }
            guard outcome.result == .failed || outcome.result == .leftBehind else { return nil }
            // The later error is the one to act upon.
            var open = object
            if !outcome.message.isEmpty { open.message = outcome.message }
            return open
        }
    }

    /// What could still be run by hand: missing objects with a statement.
    var openResidue: [ObjectOutcome] { missingObjects.filter { !$0.sql.isEmpty } }

    /// How many objects have each outcome, such as `2 created, 1 failed`; the worst first, empty for none.
    static func outcomeCounts(_ objects: [ObjectOutcome]) -> String {
        let order: [ObjectResult] = [.failed, .leftBehind, .skipped, .created, .present]
        var parts = order.compactMap { result -> String? in
            let count = objects.count { $0.result == result }
            return count == 0 ? nil : "\(CountFormat.grouped(UInt64(count))) \(result.words)"
        }
        let others = objects.count { !order.contains($0.result) }
        if others > 0 { parts.append("\(CountFormat.grouped(UInt64(others))) of another outcome") }
        return parts.joined(separator: ", ")
    }
}

/// Which object an outcome is about.
private struct ObjectPlace: Hashable {
    var kind: ObjectKind
    var database: String
    var name: String
    var table: String

    init(_ object: ObjectOutcome) {
        kind = object.kind
        database = object.database
        name = object.name
        table = object.table
    }
}
