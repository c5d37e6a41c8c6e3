public import CutoverModel

extension Stop {
    /// Nothing more happens to it: the task was stopped, the stop could not finish, or it was withdrawn and the task runs on.
    public var hasEnded: Bool { phase == .stopped || phase == .failed || phase == .withdrawn }
}
