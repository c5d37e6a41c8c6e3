package import CutoverModel
import Yams

/// Reads a task specification from YAML: the names of the TaskSpec message in snake case.
///
/// An unknown key is an error, never ignored: a misspelt `exclude_tables` would migrate what should stay.
package struct SpecFile: Sendable {
    /// The largest file that is read, in bytes.
    package static let limitBytes = 1 << 20

    /// Named in errors, such as the path.
    package var name: String

    package init(name: String) {
        self.name = name
    }

    /// Reads the file at a path, `-` for the standard input.
    package static func load(path: String) throws(UsageProblem) -> TaskSpec {
        let text = try YAMLFile.text(path: path, limitBytes: limitBytes)
        return try SpecFile(name: YAMLFile.name(path: path)).parse(text)
    }

    /// Reads a specification from the text of a file.
    package func parse(_ yaml: String) throws(UsageProblem) -> TaskSpec {
        guard let root = try YAMLFile.root(of: yaml, name: name) else {
            throw UsageProblem("\(name): holds no specification")
        }
        var spec = TaskSpec()
        let reader = SpecNodeReader(file: name)
        try reader.readMap(root, of: "the specification", knownKeys: Self.keys(of: TaskSpec())) {
            key, node throws(UsageProblem) in
            switch key {
            case "source": spec.source = try endpoint(node, "source", reader)
            case "destination": spec.destination = try endpoint(node, "destination", reader)
            case "databases": spec.databases = try reader.strings(node, key)
            case "exclude_tables": spec.excludeTables = try reader.strings(node, key)
            case "kind": spec.kind = try reader.kind(node, key)
            case "copy_connections": spec.copyConnections = try reader.integer(node, key)
            case "chunk_bytes": spec.chunkBytes = try reader.integer(node, key)
            case "start_at_ms": spec.startAtMs = try reader.integer(node, key)
            default: throw reader.error(node, "\(key) is not supported by this version of the command")
            }
        }
        return spec
    }

    private func endpoint(_ node: Node, _ place: String, _ reader: SpecNodeReader) throws(UsageProblem)
        -> DatabaseEndpoint
    {
        var endpoint = DatabaseEndpoint()
        try reader.readMap(node, of: place, knownKeys: Self.keys(of: DatabaseEndpoint())) {
            key, node throws(UsageProblem) in
            let path = "\(place).\(key)"
            switch key {
            case "host": endpoint.host = try reader.string(node, path)
            case "port": endpoint.port = try reader.integer(node, path)
            case "unix_socket": endpoint.unixSocket = try reader.string(node, path)
            case "user": endpoint.user = try reader.string(node, path)
            case "password": endpoint.password = try reader.string(node, path)
            case "password_env": endpoint.passwordEnv = try reader.string(node, path)
            case "password_file": endpoint.passwordFile = try reader.string(node, path)
            default: throw reader.error(node, "\(path) is not supported by this version of the command")
            }
        }
        return endpoint
    }

    /// The keys a message has. Absent messages have no field to list, so empty ones are filled in.
    package static func keys(of spec: TaskSpec) -> [String] {
        var spec = spec
        spec.source = DatabaseEndpoint()
        spec.destination = DatabaseEndpoint()
        return spec.fields(includingDefaults: true).map(\.name)
    }

    package static func keys(of endpoint: DatabaseEndpoint) -> [String] {
        endpoint.fields(includingDefaults: true).map(\.name)
    }
}
