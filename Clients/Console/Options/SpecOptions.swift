package import ArgumentParser
package import CutoverModel

/// What to migrate: a file, options, or a file with options over it.
package struct SpecOptions: ParsableArguments {
    @Option(
        name: .customLong("spec"),
        help: ArgumentHelp(
            "YAML file with the specification; - is the standard input.",
            discussion: "The keys are those of the TaskSpec message. Other options replace what the file says.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    package var file: String?

    @OptionGroup(title: "Source") package var source: SourceOptions
    @OptionGroup(title: "Destination") package var destination: DestinationOptions

    @Option(
        name: .customLong("database"), help: ArgumentHelp("Database to migrate; may be repeated.", valueName: "name"))
    package var databases: [String] = []

    @Option(
        name: .customLong("exclude-table"),
        help: ArgumentHelp("Table to leave out; may be repeated.", valueName: "database.table"))
    package var excludeTables: [String] = []

    @Flag(
        name: .customLong("full-only"),
        help: "Copy the rows that exist at one snapshot and complete; follow no changes.")
    package var isFullOnly = false

    @Option(help: ArgumentHelp("Connections of the full copy at each end, 1 to 16.", valueName: "count"))
    package var copyConnections: UInt32?

    @Option(help: ArgumentHelp("Bytes that a chunk of the full copy aims at, such as 8MiB.", valueName: "bytes"))
    package var chunkBytes: ByteArgument?

    package init() {}

    /// The specification, or nil when neither a file nor an option says anything.
    package func load(console: Console) throws(UsageProblem) -> TaskSpec? {
        var spec = TaskSpec()
        if let file { spec = try SpecFile.load(path: file) }
        spec.source = try source.values.apply(to: spec.source, console: console)
        spec.destination = try destination.values.apply(to: spec.destination, console: console)
        if !databases.isEmpty { spec.databases = databases }
        if !excludeTables.isEmpty { spec.excludeTables = excludeTables }
        if isFullOnly { spec.kind = .fullOnly }
        if let copyConnections { spec.copyConnections = copyConnections }
        if let chunkBytes { spec.chunkBytes = chunkBytes.bytes }
        return file == nil && spec == TaskSpec() ? nil : spec
    }
}
