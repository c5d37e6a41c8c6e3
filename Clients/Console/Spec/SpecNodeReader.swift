package import CutoverModel
package import Yams

/// Reads values out of YAML nodes; each error names the file, the line and the key.
package struct SpecNodeReader: Sendable {
    package var file: String

    package init(file: String) {
        self.file = file
    }

    /// Calls `read` for each entry of a map whose keys must all be known.
    package func readMap(
        _ node: Node, of place: String, knownKeys: [String],
        _ read: (String, Node) throws(UsageProblem) -> Void
    ) throws(UsageProblem) {
        guard case .mapping(let mapping) = node else {
            throw error(node, "\(place) must be a map of keys: \(knownKeys.joined(separator: ", "))")
        }
        for (key, value) in mapping {
            guard let name = key.string else { throw error(key, "a key of \(place) is not text") }
            guard knownKeys.contains(name) else {
                let hint = Self.nearest(name, in: knownKeys).map { " Did you mean \"\($0)\"?" } ?? ""
                let known = knownKeys.joined(separator: ", ")
                throw error(key, "unknown key \"\(name)\" in \(place).\(hint) Known keys: \(known).")
            }
            try read(name, value)
        }
    }

    package func string(_ node: Node, _ key: String) throws(UsageProblem) -> String {
        // The text as written: a user called `on` or a password of digits is text here.
        guard case .scalar(let scalar) = node else { throw error(node, "\(key) must be text") }
        return scalar.string
    }

    package func strings(_ node: Node, _ key: String) throws(UsageProblem) -> [String] {
        guard case .sequence(let sequence) = node else {
            throw error(node, "\(key) must be a list, such as [shop, crm]")
        }
        var strings: [String] = []
        for element in sequence { strings.append(try string(element, key)) }
        return strings
    }

    package func integer<Number: FixedWidthInteger>(_ node: Node, _ key: String) throws(UsageProblem) -> Number {
        guard case .scalar(let scalar) = node, let number = Number(scalar.string.replacing("_", with: "")) else {
            throw error(node, "\(key) must be a whole number from \(max(0, Number.min)) to \(Number.max)")
        }
        guard number >= 0 else { throw error(node, "\(key) must not be negative") }
        return number
    }

    /// The name of a migration kind in either case.
    package func kind(_ node: Node, _ key: String) throws(UsageProblem) -> MigrationKind {
        let text = try string(node, key)
        let known = MigrationKind.allKnown.filter { $0 != .unspecified }
        guard let kind = known.first(where: { $0.name == text.uppercased() }) else {
            throw error(node, "\(key) must be one of \(known.map(\.name).joined(separator: ", "))")
        }
        return kind
    }

    package func error(_ node: Node, _ text: String) -> UsageProblem {
        let line = node.mark.map { ":\($0.line)" } ?? ""
        return UsageProblem("\(file)\(line): \(text)")
    }

    /// The known key that a misspelt one is nearest to, at most two edits away.
    package static func nearest(_ key: String, in known: [String]) -> String? {
        let distances = known.map { (name: $0, distance: distance(Array(key), Array($0))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= 2 else { return nil }
        return best.name
    }

    /// Levenshtein's distance.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard left.count <= 64, right.count <= 64 else { return Int.max }
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (place, other) in right.enumerated() {
                let above = row[place + 1]
                row[place + 1] = min(above + 1, row[place] + 1, diagonal + (character == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
