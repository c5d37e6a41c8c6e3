public import CutoverModel

extension Stop {
    /// Objects that a forced stop left behind and that were not made since.
    public var openResidue: [ObjectOutcome] {
        let settled = Set(
            residue.filter { [.created, .present, .skipped].contains($0.result) }.map(ObjectIdentity.init))
        return objects.filter { $0.result == .leftBehind && !settled.contains(ObjectIdentity($0)) }
    }

    /// Lists what was not moved; an object that a graceful phase moved before the escalation keeps its outcome.
    mutating func leaveBehind(_ residue: [ObjectOutcome]) {
        var known = Set(objects.map(ObjectIdentity.init))
        for object in residue where known.insert(ObjectIdentity(object)).inserted { objects.append(object) }
    }

    /// Takes in what became of objects that were left behind: the last outcome of each stands, but what was settled stays so.
    mutating func takeResidue(_ outcomes: [ObjectOutcome]) {
        var open = Set(openResidue.map(ObjectIdentity.init))
        var places: [ObjectIdentity: Int] = [:]
        for (place, outcome) in residue.enumerated() { places[ObjectIdentity(outcome)] = place }
        for outcome in outcomes {
            let identity = ObjectIdentity(outcome)
            guard open.remove(identity) != nil else { continue }
            if let place = places[identity] {
                residue[place] = outcome
            } else {
                residue.append(outcome)
            }
        }
    }
}

extension ObjectOutcome {
    /// Whether both speak of one object.
    public func isSameObject(as other: ObjectOutcome) -> Bool { ObjectIdentity(self) == ObjectIdentity(other) }
}

/// What tells one object of a stop from another.
private struct ObjectIdentity: Hashable {
    var kind: ObjectKind
    var database: String
    var name: String
    var table: String

    init(_ outcome: ObjectOutcome) {
        kind = outcome.kind
        database = outcome.database
        name = outcome.name
        table = outcome.table
    }
}
