internal import NIOSSL

extension RPCPeerCertificate {
    /// The longest identity taken, in bytes.
    static let maxIdentityBytes = 256

    /// Nil when the certificate names nobody in a way that can be logged: 1 to 256 bytes, no control characters.
    init?(_ certificate: NIOSSLCertificate) {
        let names = certificate._subjectAlternativeNames()
        let first: (_SubjectAlternativeName.NameType) -> String? = { kind in
            names.first { $0.nameType == kind }.map { String(decoding: $0.contents, as: UTF8.self) }
        }
        guard
            let identity = first(.uri) ?? first(.dnsName)
                ?? certificate.subjectName.first(where: { $0.type == .commonName })?.value
        else { return nil }
        guard (1...Self.maxIdentityBytes).contains(identity.utf8.count),
            identity.unicodeScalars.allSatisfy({ !$0.properties.generalCategory.isControl && $0 != "\u{FFFD}" })
        else { return nil }
        let (ms, isOver) = Int64(certificate.notValidAfter).multipliedReportingOverflow(by: 1_000)
        self.init(identity: identity, expiresAtMs: isOver ? .max : ms)
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControl: Bool {
        self == .control || self == .format || self == .lineSeparator || self == .paragraphSeparator
    }
}
