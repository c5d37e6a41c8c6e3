import Foundation

/// Certificates made by the openssl command in a folder of their own: an authority, another one that nobody asked for, and what
/// the first one signed.
struct TestCertificates {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try Self.openssl(makingAuthority("ca"))
        try Self.openssl(makingAuthority("other"))
        try sign("here", "IP:127.0.0.1")
        try sign("elsewhere", "DNS:alarms.example")
    }

    /// A file of this folder, such as `ca.pem`, `here.pem` with `here.key`.
    func path(_ name: String) -> String { directory.path + "/" + name }

    func remove() { directory.remove() }

    private func makingAuthority(_ name: String) -> [String] {
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=\(name)", "-keyout", path(name + ".key"), "-out", path(name + ".pem"),
        ]
    }

    private func sign(_ name: String, _ subject: String) throws {
        try directory.write(name + ".ext", "subjectAltName=\(subject)\n")
        try Self.openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
            path(name + ".key"), "-out", path(name + ".csr"),
        ])
        try Self.openssl([
            "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
            "-CAcreateserial", "-days", "2", "-extfile", path(name + ".ext"), "-out", path(name + ".pem"),
        ])
    }

    static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CertificateError.failed(arguments.first ?? "") }
    }
}

enum CertificateError: Error {
    case failed(String)
    case never(String)
}
