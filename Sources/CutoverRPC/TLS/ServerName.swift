internal import NIOSSL

/// Whether a certificate is for the host that a client means (RFC 9525).
///
/// The TLS library lets a certificate pass too that is for the *address* the name led to, so that whoever may answer name
/// look-ups could put any certified machine in the place of the one that is meant. Here the name alone counts.
enum ServerName {
    /// Subject alternative names decide; a common name does not.
    static func matches(_ name: String, _ certificate: NIOSSLCertificate) -> Bool {
        certificate._subjectAlternativeNames().contains { entry in
            entry.nameType == .dnsName && matches(name, pattern: String(decoding: entry.contents, as: UTF8.self))
        }
    }

    /// Compares without regard to case; a leading `*.` stands for exactly one label before two others at least.
    static func matches(_ name: String, pattern: String) -> Bool {
        let name = labels(name)
        let pattern = labels(pattern)
        guard name.count == pattern.count, !name.contains("") else { return false }
        if pattern.first == "*" { return pattern.count > 2 && name.dropFirst() == pattern.dropFirst() }
        return name == pattern
    }

    private static func labels(_ text: String) -> [Substring] {
        let text = text.lowercased()
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 && parts.last == "" ? Array(parts.dropLast()) : parts
    }
}
