internal import Crypto
import CutoverModel
internal import CutoverProto
internal import CutoverRPC
internal import CutoverTasks

/// The limits of what callers may send. Whatever breaks one is INVALID_ARGUMENT and names the field.
enum RequestValidation {
    static let maxNameBytes = 200
    static let maxReasonBytes = 2_000
    static let maxIDBytes = 64
    static let maxLabels = 64
    static let maxDatabases = 1_000
    static let maxExcludedTables = 10_000
    static let maxBatchItems = 100_000

    /// An identifier of a task, stop or request: printable ASCII, so that no two look alike and none is cut at a NUL.
    static func identifier(_ text: String, field: String) throws -> String {
        guard !text.isEmpty else { throw ServiceErrors.invalid("\(field) is missing.") }
        guard text.utf8.count <= maxIDBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ServiceErrors.invalid(
                "\(field) must be 1 to \(maxIDBytes) printable ASCII characters without spaces.")
        }
        return text
    }

    static func text(_ text: String, field: String, maxBytes: Int, isRequired: Bool) throws {
        guard !isRequired || !text.isEmpty else { throw ServiceErrors.invalid("\(field) is missing.") }
        guard text.utf8.count <= maxBytes, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            throw ServiceErrors.invalid("\(field) must be at most \(maxBytes) bytes without control characters.")
        }
    }

    static func labels(_ labels: [TaskLabel]) throws {
        guard labels.count <= maxLabels else { throw ServiceErrors.invalid("labels: at most \(maxLabels).") }
        for label in labels {
            try text(label.key, field: "labels.key", maxBytes: 63, isRequired: true)
            try text(label.value, field: "labels.value", maxBytes: 255, isRequired: false)
        }
        guard Set(labels.map(\.key)).count == labels.count else {
            throw ServiceErrors.invalid("labels: a key is given twice.")
        }
    }

    static func spec(_ spec: TaskSpec) throws {
        guard let source = spec.source else { throw ServiceErrors.invalid("spec.source is missing.") }
        guard let destination = spec.destination else { throw ServiceErrors.invalid("spec.destination is missing.") }
        try endpoint(source, field: "spec.source")
        try endpoint(destination, field: "spec.destination")
        if same(source, destination) {
            throw ServiceErrors.invalid("spec.destination is the source itself. A task needs two servers.")
        }
        guard !spec.databases.isEmpty, spec.databases.count <= maxDatabases else {
            throw ServiceErrors.invalid("spec.databases must name 1 to \(maxDatabases) databases.")
        }
        for name in spec.databases {
            try text(name, field: "spec.databases", maxBytes: 256, isRequired: true)
            if ["mysql", "information_schema", "performance_schema", "sys", "_cutover"].contains(name.lowercased()) {
                throw ServiceErrors.invalid("spec.databases: \(name) belongs to the server itself and is not migrated.")
            }
        }
        guard Set(spec.databases).count == spec.databases.count else {
            throw ServiceErrors.invalid("spec.databases: a database is named twice.")
        }
        guard spec.excludeTables.count <= maxExcludedTables else {
            throw ServiceErrors.invalid("spec.exclude_tables: at most \(maxExcludedTables).")
        }
        for table in spec.excludeTables where !table.contains(".") {
            throw ServiceErrors.invalid("spec.exclude_tables: write each as database.table.")
        }
        if case .unrecognized(let number) = spec.kind {
            throw ServiceErrors.invalid("spec.kind: \(number) is not known to this server.")
        }
        guard spec.copyConnections <= 16 else {
            throw ServiceErrors.invalid("spec.copy_connections must be 1 to 16, or 0 for 4.")
        }
        guard spec.chunkBytes == 0 || (65_536...268_435_456).contains(spec.chunkBytes) else {
            throw ServiceErrors.invalid("spec.chunk_bytes must be 65536 to 268435456, or 0 for 8388608.")
        }
        guard spec.startAtMs >= 0 else { throw ServiceErrors.invalid("spec.start_at_ms must not be negative.") }
    }

    private static func endpoint(_ endpoint: DatabaseEndpoint, field: String) throws {
        try text(endpoint.host, field: "\(field).host", maxBytes: 255, isRequired: endpoint.unixSocket.isEmpty)
        try text(endpoint.unixSocket, field: "\(field).unix_socket", maxBytes: 107, isRequired: false)
        try text(endpoint.user, field: "\(field).user", maxBytes: 128, isRequired: true)
        guard endpoint.host.isEmpty || endpoint.unixSocket.isEmpty else {
            throw ServiceErrors.invalid("\(field): give either host or unix_socket.")
        }
        guard endpoint.port <= 65_535 else { throw ServiceErrors.invalid("\(field).port must be 1 to 65535.") }
        guard endpoint.password.utf8.count <= PasswordVault.maxPasswordBytes else {
            throw ServiceErrors.invalid("\(field).password is longer than \(PasswordVault.maxPasswordBytes) bytes.")
        }
        let sources = [endpoint.password, endpoint.passwordEnv, endpoint.passwordFile].filter { !$0.isEmpty }
        guard sources.count <= 1 else {
            throw ServiceErrors.invalid("\(field): give only one of password, password_env, password_file.")
        }
    }

    private static func same(_ one: DatabaseEndpoint, _ other: DatabaseEndpoint) -> Bool {
        if !one.unixSocket.isEmpty { return one.unixSocket == other.unixSocket }
        return one.host == other.host && (one.port == 0 ? 3306 : one.port) == (other.port == 0 ? 3306 : other.port)
    }

    /// SHA-256 over the method and the request without its id.
    static func fingerprint(_ method: String, _ request: some ProtoMessage) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array(method.utf8) + [0])
        request.withProtoBytes { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }
}
