package import CutoverClient

/// Words for errors: one line for what happened, one for what to do.
package enum ErrorText {
    /// The command that speaks.
    package static let defaultProgram = "cutover"

    /// A message followed by its machine-readable reason, when it has one.
    package static func sentence(reason: String, message: String) -> String {
        switch (message.isEmpty, reason.isEmpty) {
        case (false, false): "\(message) (\(reason))"
        case (false, true): message
        case (true, false): reason
        case (true, true): "The server gave no reason."
        }
    }

    /// The lines for an error of a call about `subject` at the server `address`.
    package static func lines(
        _ error: CutoverError, subject: String?, address: String, program: String = defaultProgram
    ) -> [String] {
        let about = subject.map { "\(TextWidth.harmless($0)): " } ?? ""
        switch error.code {
        case .unavailable:
            if error.reason == "TLS_FAILED" {
                return [
                    "\(program): \(about)no TLS connection to \(address): \(TextWidth.harmless(error.message))",
                    "  --tls turns it on; --ca, --server-name, --client-cert and --client-key say how.",
                ]
            }
            // That no connection could be made is said by the line itself.
            let isSaid = error.message.isEmpty || error.reason == "CONNECT_FAILED"
            let detail = isSaid ? "" : ": \(TextWidth.harmless(error.message))"
            return [
                "\(program): \(about)cannot reach the server at \(address)\(detail)",
                "  Is cutoverd running there? --server or CUTOVER_ADDRESS names another address.",
            ]
        case .unauthenticated:
            return [
                "\(program): \(about)the server at \(address) does not know you: \(TextWidth.harmless(error.message))",
                "  Give your token by --token-file, CUTOVER_TOKEN_FILE or CUTOVER_TOKEN, or a certificate by --client-cert;",
                "  it may also have expired or been revoked. \"cutoverd token create\" at the server makes a token.",
            ]
        case .deadlineExceeded:
            return [
                "\(program): \(about)no answer from \(address) in time; whether the request was carried out is unknown",
                "  It is safe to run the same command again.",
            ]
        default:
            let text = sentence(reason: error.reason, message: error.message)
            var lines = ["\(program): \(about)\(error.code): \(TextWidth.harmless(text))"]
            lines += error.details.map { "  \(TextWidth.harmless($0.key)): \(TextWidth.harmless($0.value))" }
            return lines
        }
    }
}
