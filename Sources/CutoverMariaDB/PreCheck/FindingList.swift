internal import CutoverModel

/// Collects findings, with a bound.
struct FindingList {
    /// The most findings that a report holds.
    static let limit = 1_000

    private(set) var findings: [PreCheckFinding] = []
    private(set) var isTruncated = false

    mutating func add(
        _ severity: FindingSeverity, _ code: String, _ object: String, _ message: String, _ advice: String = ""
    ) {
        guard findings.count < Self.limit else {
            isTruncated = true
            return
        }
        findings.append(
            PreCheckFinding(code: code, severity: severity, object: object, message: message, advice: advice))
    }

    mutating func error(_ code: String, _ object: String, _ message: String, _ advice: String) {
        add(.error, code, object, message, advice)
    }

    mutating func warning(_ code: String, _ object: String, _ message: String, _ advice: String) {
        add(.warning, code, object, message, advice)
    }
}
