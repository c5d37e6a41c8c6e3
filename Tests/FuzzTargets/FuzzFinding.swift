/// Something that must never be so, met while an input was run.
public struct FuzzFinding: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws a ``FuzzFinding`` unless the condition holds.
func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws(FuzzFinding) {
    if !condition { throw FuzzFinding(what()) }
}

/// Throws a ``FuzzFinding`` unless both are the same.
func expectEqual<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ what: @autoclosure () -> String
) throws(FuzzFinding) {
    if actual != expected { throw FuzzFinding("\(what()): \(actual), and not \(expected)") }
}
