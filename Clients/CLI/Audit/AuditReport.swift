import CutoverConsole
import CutoverModel

/// What a walk along an audit log came to.
struct AuditReport: Sendable, Hashable {
    var records: UInt64
    /// The last record by its number.
    var end: AuditHead
    var findings: [AuditFinding]
    /// There is more wrong than the findings say.
    var isTruncated: Bool

    init(_ walk: AuditWalk) {
        records = walk.records
        end = walk.end
        findings = walk.findings()
        isTruncated = walk.isTruncated
    }

    var isGood: Bool { findings.isEmpty && !isTruncated }

    var commandStatus: CommandStatus { isGood ? .ok : .unverified }

    /// For programs.
    var value: FieldValue {
        .message([
            ModelField(name: "verified", value: .bool(isGood)),
            ModelField(name: "records", value: .uint(records)),
            ModelField(name: "last", value: .message(end.fields(includingDefaults: true))),
            ModelField(name: "findings", value: .list(findings.map(Self.value))),
            ModelField(name: "findings_truncated", value: .bool(isTruncated)),
        ])
    }

    private static func value(_ finding: AuditFinding) -> FieldValue {
        var fields = [ModelField(name: "finding", value: .string(finding.name))]
        if let sequence = finding.sequence { fields.append(ModelField(name: "sequence", value: .uint(sequence))) }
        fields.append(ModelField(name: "message", value: .string(finding.text)))
        return .message(fields)
    }
}
