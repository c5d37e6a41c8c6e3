internal import CutoverRPC
internal import CutoverWire
import Foundation
internal import Logging

extension ServerConfiguration {
    /// Where to listen.
    func endpoint() throws(ConfigurationError) -> RPCEndpoint {
        do {
            return try RPCEndpoint(parsing: listen, defaultPort: 7450, ports: 0...65_535)
        } catch {
            throw ConfigurationError("listen: \(error.description)")
        }
    }

    /// How to listen. A frame may hold a batch of 100,000 ids.
    func listener(access: AccessList) throws(ConfigurationError) -> RPCServerConfiguration {
        var listener = RPCServerConfiguration(endpoint: try endpoint())
        listener.limits.maxFrameBytes = WireLimits.maxFrameCeiling
        listener.authenticator = access
        listener.tls = try security.tls()
        listener.allowPlaintextAnywhere = security.allowsPlaintextAnywhere
        listener.allowAnonymousAnywhere = security.allowsAnonymousAnywhere
        try connections.apply(to: &listener, descriptorLimit: DescriptorLimit.raise())
        return listener
    }

    /// Who may connect.
    func access(logger: Logger) throws(ConfigurationError) -> AccessList {
        try AccessList(
            path: tokensPath, hasCertificates: !security.clientAuthorityFile.isEmpty, logger: logger)
    }

    /// What would keep the server from starting; changes nothing.
    public func findings() -> [String] {
        var findings: [String] = []
        do {
            let listener = try listener(
                access: access(logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }))
            try listener.check()
        } catch {
            findings.append(StartFailure.describe(error))
        }
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        if files.fileExists(atPath: dataDirectory, isDirectory: &isDirectory) {
            if !isDirectory.boolValue { findings.append("data_directory: \(dataDirectory) is not a directory.") }
            if !files.isWritableFile(atPath: dataDirectory) {
                findings.append("data_directory: \(dataDirectory) cannot be written.")
            }
        }
        if files.fileExists(atPath: keyPath) {
            do { _ = try KeyFile.load(path: keyPath) } catch { findings.append(StartFailure.describe(error)) }
        } else if !keyFile.isEmpty, !files.fileExists(atPath: (keyFile as NSString).deletingLastPathComponent) {
            findings.append("key_file: the directory of \(keyFile) does not exist.")
        }
        if !secretsDirectory.isEmpty, !files.fileExists(atPath: secretsDirectory) {
            findings.append("secrets_directory: \(secretsDirectory) does not exist.")
        }
        do { _ = try alarms.webhook() } catch { findings.append(StartFailure.describe(error)) }
        do { _ = try observation.metricsAddress() } catch { findings.append(StartFailure.describe(error)) }
        return findings
    }
}
