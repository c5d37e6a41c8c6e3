import CutoverModel
import CutoverTasks
import Foundation

/// An alarm encoded on the caller's thread.
struct EncodedAlarm: Sendable {
    var id: String
    var kind: AlarmKind
    var taskID: String
    var clearedAtMs: Int64
    /// With change 0: the change is a column, known only in the commit.
    var body: Data

    /// - Throws: `.failed` for an alarm that the store cannot write.
    init(_ alarm: Alarm) throws {
        var alarm = alarm
        alarm.change = 0
        id = alarm.id
        kind = alarm.kind
        taskID = alarm.taskId
        clearedAtMs = alarm.clearedAtMs
        body = try MessageCodec.encode(alarm)
        try StoredText.check([id, taskID])
    }
}

/// An alarm's row.
struct RawAlarm: Sendable {
    var change: Int64
    var body: Data

    func decoded() throws -> Alarm {
        var alarm = try MessageCodec.decode(Alarm.self, body)
        alarm.change = UInt64(bitPattern: change)
        return alarm
    }
}

/// A row of what is owed to the webhook.
struct RawDelivery: Sendable {
    var alarm: RawAlarm
    var attempts: Int64
    var dueAtMs: Int64

    func decoded() throws -> AlarmDelivery {
        AlarmDelivery(alarm: try alarm.decoded(), attempts: UInt32(clamping: attempts), dueAtMs: dueAtMs)
    }
}
