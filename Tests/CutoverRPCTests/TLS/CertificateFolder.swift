import CutoverRPC
import Foundation
import NIOSSL

/// An authority in a temporary folder, and what it signs; made by the `openssl` command. The folder goes with this object.
final class CertificateFolder: Sendable {
    struct Failed: Error {
        var command: String
        var output: String
    }

    /// The two files of one certificate.
    struct Issued: Sendable {
        var chain: String
        var key: String
    }

    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/cutover-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try authority("ca")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// A self-signed authority in NAME.pem and NAME.key.
    func authority(_ name: String) throws {
        try openssl("ecparam -name prime256v1 -genkey -noout -out \(name).key")
        try openssl(
            "req -x509 -new -key \(name).key -subj /CN=\(name) -days 2 -out \(name).pem "
                + "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign")
    }

    /// A certificate signed by an authority.
    /// - Parameter names: subject alternative names, such as `DNS:localhost,IP:127.0.0.1`; empty for none.
    @discardableResult
    func issue(
        _ name: String, names: String = "DNS:localhost,IP:127.0.0.1", commonName: String = "test", days: Int = 2,
        by authority: String = "ca"
    ) throws -> Issued {
        try openssl("ecparam -name prime256v1 -genkey -noout -out \(name).key")
        try openssl("req -new -key \(name).key -subj /CN=\(commonName) -out \(name).csr")
        let extensions = names.isEmpty ? "basicConstraints=CA:FALSE\n" : "subjectAltName=\(names)\n"
        try extensions.write(toFile: file("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days \(days) "
                + "-extfile \(name).ext -out \(name).pem")
        return Issued(chain: file("\(name).pem"), key: file("\(name).key"))
    }

    /// What a server with this certificate is told.
    func server(_ issued: Issued) -> RPCServerTLS {
        RPCServerTLS(certificateChainFile: issued.chain, privateKeyFile: issued.key)
    }

    /// What a client is told that trusts this folder's authority.
    func client(_ issued: Issued? = nil, authority: String = "ca") -> RPCClientTLS {
        var tls = RPCClientTLS()
        tls.authorityFile = file("\(authority).pem")
        tls.certificateChainFile = issued?.chain
        tls.privateKeyFile = issued?.key
        return tls
    }

    /// For a client of bytes that trusts this folder's authority.
    func rawContext(_ issued: Issued? = nil) throws -> NIOSSLContext {
        var tls = TLSConfiguration.clientDefault
        tls.trustRoots = .file(file("ca.pem"))
        tls.applicationProtocols = ["cutover/1"]
        if let issued {
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(issued.chain).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: issued.key, format: .pem))
        }
        return try NIOSSLContext(configuration: tls)
    }

    @discardableResult
    func openssl(_ arguments: String, input: [UInt8] = []) throws -> (status: Int32, output: String) {
        let result = try Self.run(arguments.split(separator: " ").map(String.init), in: path, input: input)
        guard result.status == 0 else { throw Failed(command: arguments, output: result.output) }
        return result
    }

    /// Runs `openssl` with its input and output in files, so that neither side can block.
    static func run(_ arguments: [String], in folder: String, input: [UInt8] = []) throws -> (
        status: Int32, output: String
    ) {
        let name = "\(folder)/\(UUID().uuidString)"
        for suffix in ["in", "out"] {
            try Data(suffix == "in" ? input : []).write(to: URL(fileURLWithPath: "\(name).\(suffix)"))
        }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(name).out"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(name).in"))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: "\(name).out")), as: UTF8.self)
        return (process.terminationStatus, text)
    }
}
