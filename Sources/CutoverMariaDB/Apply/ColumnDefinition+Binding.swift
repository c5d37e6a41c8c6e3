internal import CutoverTasks

extension ColumnDefinition {
    /// The value in the form that this column takes, in an assignment or in a comparison.
    ///
    /// - Throws: `unsupported` when the value's type is not what the column has: then source and destination differ.
    func bound(_ value: ColumnValue?) throws(ReplicationError) -> BoundValue {
        guard let value else {
            throw ReplicationError(
                .unsupported, "The source logs incomplete rows; set binlog_row_image=FULL for every session.")
        }
        switch value {
        case .null: return .null
        case .int(let number): return .integer(UInt64(bitPattern: number))
        case .uint(let number), .bit(let number), .set(let number): return .integer(number)
        case .year(let number): return .integer(UInt64(number))
        case .enumeration(let index): return .integer(UInt64(index))
        case .float(let number): return .float(number)
        case .double(let number): return .double(number)
        case .decimal(let text): return .bytes(Array(text.utf8))
        case .bytes(let bytes): return .bytes(stored(bytes))
        case .geometry(let bytes): return .bytes(bytes)
        case .date(let date): return .bytes(date.utf8Text)
        case .time(let time): return .bytes(time.utf8Text)
        case .datetime(let date, let time): return .bytes(date.utf8Text + [UInt8(ascii: " ")] + time.utf8Text)
        case .timestamp(let microseconds): return .bytes(ColumnValue.timestampText(microseconds: microseconds))
        }
    }

    /// Whether a logged value can be sent as ``parameter`` says.
    func accepts(_ type: ColumnType) -> Bool {
        switch (type, parameter) {
        case (.integer, .signed), (.integer, .unsigned), (.year, .signed), (.bit, .unsigned): true
        case (.enumeration, .unsigned), (.set, .unsigned), (.float, .float), (.double, .double): true
        case (.decimal, .decimal), (.null, _): true
        case (.compressed, _): false
        case (.integer, _), (.year, _), (.bit, _), (.enumeration, _), (.set, _): false
        case (.float, _), (.double, _), (.decimal, _): false
        case (.oldTime, .bytes), (.oldDatetime, .bytes), (.oldTimestamp, .bytes): fractionDigits == 0
        case (_, .bytes): true
        default: false
        }
    }

    /// Restores what packing took away: BINARY and the fixed binary types lose trailing zero bytes in the binlog.
    private func stored(_ bytes: [UInt8]) -> [UInt8] {
        switch dataType {
        case "binary": return Self.padded(bytes, to: byteLength ?? bytes.count)
        case "uuid": return Self.uuidInTextOrder(Self.padded(bytes, to: 16))
        case "inet6": return Self.padded(bytes, to: 16)
        case "inet4": return Self.padded(bytes, to: 4)
        default: return bytes
        }
    }

    private static func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        bytes.count >= count ? bytes : bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }

    /// MariaDB stores most UUIDs with their five groups in reverse order, so that time-based ones sort by time.
    ///
    /// Source: `UUID::rec_need_swap` of the type_uuid plugin: versions 6 and up, and values that are no RFC 4122 UUID, are
    /// stored as they are.
    private static func uuidInTextOrder(_ stored: [UInt8]) -> [UInt8] {
        guard stored.count == 16, stored[6] & 0x80 != 0, stored[8] > 0, stored[8] < 0x60 else { return stored }
        return Array(stored[12...15] + stored[10...11] + stored[8...9] + stored[6...7] + stored[0...5])
    }
}
