internal import CutoverTasks

/// What a failed start says to the operator.
public enum StartFailure {
    public static func describe(_ error: any Error) -> String {
        switch error {
        case let error as ConfigurationError: error.description
        case let error as TaskStoreError: error.message
        default: "The server could not start: \(error)"
        }
    }
}
