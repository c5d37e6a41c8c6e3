import ArgumentParser
import CutoverConsole
import CutoverModel

/// Real servers that prepared tasks migrate between.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .customLong("spec"),
        help: ArgumentHelp(
            "YAML file that names the source and the destination of prepared tasks, as for \"cutover task create\".",
            discussion: "Each task migrates one database that \"cutover-load databases\" has made.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var specFile: String?

    @OptionGroup(title: "Source of prepared tasks") var source: SourceOptions
    @OptionGroup(title: "Destination of prepared tasks") var destination: DestinationOptions

    @Option(
        help: ArgumentHelp(
            "How many databases there are at the source; so many tasks are prepared.", valueName: "count"))
    var databases: Int?

    func load(console: Console) throws(UsageProblem) -> RealDatabases? {
        var spec = TaskSpec()
        if let specFile { spec = try SpecFile.load(path: specFile) }
        spec.source = try source.values.apply(to: spec.source, console: console)
        spec.destination = try destination.values.apply(to: spec.destination, console: console)
        guard let databases else {
            guard spec == TaskSpec() else {
                throw UsageProblem(
                    "--databases says how many databases \"cutover-load databases\" has made at the source")
            }
            return nil
        }
        guard (1...10_000).contains(databases) else { throw UsageProblem("--databases must be 1 to 10000") }
        guard spec.source != nil, spec.destination != nil else {
            throw UsageProblem(
                "--databases needs a source and a destination: --spec, or --source-... and --destination-...")
        }
        spec.kind = .fullAndIncremental
        return RealDatabases(spec: spec, count: databases)
    }
}
