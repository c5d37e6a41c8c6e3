/// The arguments of a command line, to be handed on.
struct ArgumentList: Sendable, Hashable {
    var arguments: [String]

    init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// Without these options and their values, written as `--name value` or `--name=value`.
    func without(_ options: [String]) -> [String] {
        var kept: [String] = []
        var skipsNext = false
        for argument in arguments {
            if skipsNext {
                skipsNext = false
            } else if options.contains(argument) {
                skipsNext = true
            } else if !options.contains(where: { argument.hasPrefix("\($0)=") }) {
                kept.append(argument)
            }
        }
        return kept
    }
}
