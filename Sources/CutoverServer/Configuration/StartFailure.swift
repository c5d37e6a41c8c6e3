internal import CutoverRPC
internal import CutoverTasks

/// What a failed start says to the operator.
public enum StartFailure {
    public static func describe(_ error: any Error) -> String {
        switch error {
        case let error as ConfigurationError: error.description
        case let error as TaskStoreError: error.message
        case let error as RPCServerError: remedy(error)
        default: "The server could not start: \(error)"
        }
    }

    private static func remedy(_ error: RPCServerError) -> String {
        let settings =
            switch error.code {
            case .plaintextRefused: " Set tls_certificate_file and tls_key_file, or allow_plaintext_anywhere."
            case .anonymousRefused:
                " Run \"cutoverd token create\", or set tls_client_ca_file, or allow_anonymous_anywhere."
            case .addressUnusable, .tlsUnusable: ""
            }
        return "The server could not start: \(error.description).\(settings)"
    }
}
