import ArgumentParser

/// An export to read in the place of the server's log.
struct AuditFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Read this export instead of the server's log; - is the standard input.", valueName: "path"))
    var file: String?
}
