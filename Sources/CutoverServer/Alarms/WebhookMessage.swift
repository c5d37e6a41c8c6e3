internal import Crypto
import CutoverModel
internal import Foundation

/// One change of an alarm as the webhook's receiver gets it.
///
/// The body is a JSON object with the names of the API and `state`: `raised`, `repeated` or `cleared`. Times are milliseconds
/// since 1970, 0 for never. A delivery is made at least once: `change` tells two of the same apart from two.
struct WebhookMessage: Sendable {
    /// What the receiver recomputes: `t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>`.
    static let signatureHeader = "Cutover-Signature"
    /// The change, in decimal.
    static let deliveryHeader = "Cutover-Delivery"

    private struct Body: Encodable {
        var id: String
        var change: UInt64
        var state: String
        var kind: String
        var task_id: String
        var task_name: String
        var message: String
        var count: UInt32
        var raised_at_ms: Int64
        var repeated_at_ms: Int64
        var cleared_at_ms: Int64
        var cleared_reason: String
    }

    let body: Data
    let headers: [String: String]

    init(_ alarm: Alarm, secret: SymmetricKey, nowMs: Int64) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        body = try encoder.encode(
            Body(
                id: alarm.id, change: alarm.change, state: Self.state(alarm), kind: alarm.kind.name,
                task_id: alarm.taskId,
                task_name: alarm.taskName, message: alarm.message, count: alarm.count, raised_at_ms: alarm.raisedAtMs,
                repeated_at_ms: alarm.repeatedAtMs, cleared_at_ms: alarm.clearedAtMs,
                cleared_reason: alarm.clearedReason))
        headers = [
            "Content-Type": "application/json",
            "User-Agent": "cutoverd",
            Self.signatureHeader: Self.signature(of: body, secret: secret, seconds: nowMs / 1000),
            Self.deliveryHeader: String(alarm.change),
        ]
    }

    static func state(_ alarm: Alarm) -> String {
        if alarm.clearedAtMs != 0 { return "cleared" }
        return alarm.repeatedAtMs != 0 ? "repeated" : "raised"
    }

    /// When the change was made, in milliseconds since 1970.
    static func saidAtMs(_ alarm: Alarm) -> Int64 {
        [alarm.clearedAtMs, alarm.repeatedAtMs, alarm.raisedAtMs].first { $0 != 0 } ?? 0
    }

    static func signature(of body: Data, secret: SymmetricKey, seconds: Int64) -> String {
        var code = HMAC<SHA256>(key: secret)
        code.update(data: Data("\(seconds).".utf8))
        code.update(data: body)
        let digits = Array("0123456789abcdef".unicodeScalars)
        var hex = ""
        for byte in code.finalize() {
            hex.unicodeScalars.append(digits[Int(byte >> 4)])
            hex.unicodeScalars.append(digits[Int(byte & 0xF)])
        }
        return "t=\(seconds),v1=\(hex)"
    }
}
