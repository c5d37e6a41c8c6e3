/// What runs are called: the label of their tasks, by which a clean-up finds them.
enum RunName {
    /// A name that no other run has: 12 letters and digits at random.
    static func make() -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        return String((0..<12).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }

    /// What somebody reads who did not wait for the clean-up.
    static func leftBehind(_ name: String) -> [String] {
        [
            "", "cutover-load: ended at once; the tasks that were prepared are still at the server.",
            "  cutover-load clean --run \(name)",
        ]
    }
}
