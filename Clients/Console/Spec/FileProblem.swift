import Foundation

/// Short words for what went wrong with a file.
package enum FileProblem {
    package static func words(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "it cannot be opened" }
        switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: return "there is no such file"
        case .fileReadNoPermission: return "permission denied"
        default: return "it cannot be opened"
        }
    }
}
