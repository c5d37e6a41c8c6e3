/// What is wrong with what the command was given, found after its arguments were read: a file, an answer, a terminal.
///
/// One sentence for people, with its place where it has one. Ends the command as wrong use.
struct UsageProblem: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
