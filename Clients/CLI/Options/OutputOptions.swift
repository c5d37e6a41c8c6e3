import ArgumentParser

/// In which form data is printed.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: "Form of the output: table, json or yaml.")
    var format = OutputFormat.table
}
