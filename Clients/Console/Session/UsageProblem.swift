/// What is wrong with what the command was given, found after its arguments were read: a file, an answer, a terminal.
///
/// One sentence for people, with its place where it has one. Ends the command as wrong use.
package struct UsageProblem: Error, Hashable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}
