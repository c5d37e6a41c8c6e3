internal import NIOSSL

/// What a client says about TLS that failed, and whether another attempt can help.
enum TLSFailure {
    /// The server took too long.
    static let late = error("the server did not finish the TLS handshake in time; does it speak TLS?", mayPass: true)
    /// The server hung up without an answer, as one that serves plaintext does.
    static let ended = error(
        "the server ended the connection in the TLS handshake; does it speak TLS? Without TLS, leave the option out",
        mayPass: true)
    /// The handshake was good, but for another protocol.
    static let otherProtocol = error("the server speaks TLS, but not the protocol \(TLSProtocol.name)", mayPass: false)

    /// The certificate is good, but another server's.
    static let otherName = error(
        "the server's certificate has another name than the one expected; name the right one as the server name",
        mayPass: false)

    /// For what the TLS library said while the handshake went on.
    static func inHandshake(_ cause: any Error) -> RPCError {
        if let cause = cause as? NIOSSLExtraError, cause == .failedToValidateHostname { return otherName }
        guard case .handshakeFailed(.sslError(let stack))? = cause as? NIOSSLError else { return ended }
        let text = stack.map(\.description).joined(separator: " ")
        if stack.contains(.eofDuringHandshake) { return ended }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return error(
                "the server's certificate cannot be trusted: it is not signed by a trusted authority, or not valid now; "
                    + "name the right authority file, or renew the certificate", mayPass: false)
        }
        if text.contains("NO_APPLICATION_PROTOCOL") { return otherProtocol }
        if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
            return error("the server does not speak TLS 1.3", mayPass: false)
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") || text.contains("INVALID_RECORD") {
            return error("the server does not speak TLS; leave the option out", mayPass: false)
        }
        return refusal(text) ?? error("the TLS handshake with the server failed", mayPass: false)
    }

    /// For the end of a connection whose handshake was good here: a server judges a client's certificate only then.
    /// - Parameter cause: nil when it ended without a word.
    static func beforeHello(_ cause: (any Error)?) -> RPCError {
        if case .sslError(let stack)? = cause as? BoringSSLError,
            let refusal = refusal(stack.map(\.description).joined(separator: " "))
        {
            return refusal
        }
        return error(
            "the server ended the connection before it said anything; it may want a client certificate", mayPass: true)
    }

    /// For an alert about this client's certificate.
    private static func refusal(_ text: String) -> RPCError? {
        let isAboutUs = [
            "CERTIFICATE_REQUIRED", "UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED",
            "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN", "UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED",
        ].contains { text.contains($0) }
        guard isAboutUs else { return nil }
        let message =
            text.contains("CERTIFICATE_REQUIRED")
            ? "the server wants a client certificate; give one, with its private key"
            : "the server does not accept this client's certificate"
        return RPCError(
            .unauthenticated, message, reason: RPCError.Reason.credentialsRefused, isNotExecuted: true,
            retryAfterMs: RPCError.neverRetry)
    }

    private static func error(_ message: String, mayPass: Bool) -> RPCError {
        RPCError(
            .unavailable, message, reason: RPCError.Reason.tlsFailed, isNotExecuted: true,
            retryAfterMs: mayPass ? nil : RPCError.neverRetry)
    }
}
