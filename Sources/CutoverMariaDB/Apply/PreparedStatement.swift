internal import CMariaDB

/// One server-side statement, executed for one row or, by array binding, for many at once.
///
/// Array binding is COM_STMT_BULK_EXECUTE of MariaDB 10.2 and later: the server runs the rows in order and answers with the
/// sum of rows affected. Confined to its session's thread.
final class PreparedStatement {
    private let statement: UnsafeMutablePointer<MYSQL_STMT>
    private let parameters: [ParameterKind]
    private let operation: String

    init(_ session: MariaDBSession, _ sql: String, parameters: [ParameterKind], operation: String) throws {
        guard let statement = mysql_stmt_init(session.handle) else {
            throw MariaDBError(code: .client, message: "out of memory", operation: operation)
        }
        self.statement = statement
        self.parameters = parameters
        self.operation = operation
        var sql = sql
        let status = sql.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { mysql_stmt_prepare(statement, $0.baseAddress, UInt(utf8.count)) }
        }
        guard status == 0 else { throw failure() }
        guard mysql_stmt_param_count(statement) == parameters.count else {
            throw MariaDBError(code: .client, message: "wrong number of parameters", operation: operation)
        }
    }

    deinit { mysql_stmt_close(statement) }

    private func failure() -> MariaDBError {
        let serverCode = Int(mysql_stmt_errno(statement))
        let message = mysql_stmt_error(statement).map { String(cString: $0) } ?? ""
        return MariaDBError(
            code: MariaDBError.classify(serverCode), serverCode: serverCode,
            sqlState: mysql_stmt_sqlstate(statement).map { String(cString: $0) } ?? "HY000",
            message: MariaDBError.redacted(message, serverCode: serverCode), operation: operation)
    }

    /// Runs the statement for each row of values and returns the sum of rows affected.
    ///
    /// - Parameter rows: parameter values in order; never empty.
    func execute(_ rows: [[BoundValue]]) throws -> UInt64 {
        let buffers = parameters.indices.map { index in
            ParameterBuffer(kind: parameters[index], rows: rows, index: index)
        }
        let binds = UnsafeMutablePointer<MYSQL_BIND>.allocate(capacity: max(1, parameters.count))
        defer { binds.deallocate() }
        let isArray = rows.count > 1
        for (index, buffer) in buffers.enumerated() {
            var bind = MYSQL_BIND()
            buffer.fill(&bind, isArray: isArray)
            (binds + index).initialize(to: bind)
        }
        var count = UInt32(isArray ? rows.count : 0)
        guard mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count) == 0 else { throw failure() }
        // The library copies the binds, but reads the values they point to only while executing.
        let affected: UInt64? = withExtendedLifetime(buffers) {
            guard mysql_stmt_bind_param(statement, binds) == 0, mysql_stmt_execute(statement) == 0 else { return nil }
            return mysql_stmt_affected_rows(statement)
        }
        guard let affected, affected != UInt64.max else { throw failure() }
        return affected
    }
}

/// A value in the form in which it is sent.
enum BoundValue {
    case null
    /// A signed or unsigned integer's 64 bits.
    case integer(UInt64)
    case float(Float)
    case double(Double)
    case bytes([UInt8])
}

/// The memory of one parameter for all rows of an execution, freed with the object.
private final class ParameterBuffer {
    private let kind: ParameterKind
    private let values: UnsafeMutableRawPointer
    private let lengths: UnsafeMutablePointer<UInt>
    private let indicators: UnsafeMutablePointer<CChar>
    private let arena: UnsafeMutablePointer<UInt8>

    init(kind: ParameterKind, rows: [[BoundValue]], index: Int) {
        self.kind = kind
        let count = rows.count
        values = UnsafeMutableRawPointer.allocate(byteCount: max(8, count * 8), alignment: 8)
        lengths = UnsafeMutablePointer<UInt>.allocate(capacity: max(1, count))
        indicators = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, count))
        var total = 0
        for row in rows { if case .bytes(let bytes) = row[index] { total += bytes.count } }
        arena = UnsafeMutablePointer<UInt8>.allocate(capacity: total + 1)
        var used = 0
        for (position, row) in rows.enumerated() {
            lengths[position] = 0
            indicators[position] = 0
            let place = values + position * 8
            place.storeBytes(of: 0, as: UInt64.self)
            switch row[index] {
            case .null: indicators[position] = CChar(STMT_INDICATOR_NULL.rawValue)
            case .integer(let bits): place.storeBytes(of: bits, as: UInt64.self)
            case .float(let value): (values + position * 4).storeBytes(of: value, as: Float.self)
            case .double(let value): place.storeBytes(of: value, as: Double.self)
            case .bytes(let bytes):
                let start = arena + used
                bytes.withUnsafeBufferPointer { source in
                    if let base = source.baseAddress { start.update(from: base, count: source.count) }
                }
                used += bytes.count
                lengths[position] = UInt(bytes.count)
                place.storeBytes(of: UnsafeMutableRawPointer(start), as: UnsafeMutableRawPointer.self)
            }
        }
    }

    deinit {
        values.deallocate()
        lengths.deallocate()
        indicators.deallocate()
        arena.deallocate()
    }

    private var isVariable: Bool { kind == .bytes || kind == .decimal }

    func fill(_ bind: inout MYSQL_BIND, isArray: Bool) {
        switch kind {
        case .signed, .unsigned: bind.buffer_type = MYSQL_TYPE_LONGLONG
        case .float: bind.buffer_type = MYSQL_TYPE_FLOAT
        case .double: bind.buffer_type = MYSQL_TYPE_DOUBLE
        case .decimal: bind.buffer_type = MYSQL_TYPE_NEWDECIMAL
        case .bytes: bind.buffer_type = MYSQL_TYPE_BLOB
        }
        bind.is_unsigned = kind == .unsigned ? 1 : 0
        if isArray {
            bind.buffer = values
            bind.length = lengths
            bind.u.indicator = indicators
        } else {
            // One row: the buffer is the value itself, the array of pointers is not used.
            bind.buffer = isVariable ? UnsafeMutableRawPointer(arena) : values
            bind.buffer_length = lengths[0]
            bind.length = lengths
            if indicators[0] != 0 { bind.buffer_type = MYSQL_TYPE_NULL }
        }
    }
}
