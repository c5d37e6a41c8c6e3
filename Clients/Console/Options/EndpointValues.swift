import ArgumentParser
package import CutoverModel

/// What the options say of one database server.
package struct EndpointValues: Sendable, Hashable {
    /// `source` or `destination`: the first word of each option.
    package var place: String
    package var host: String?
    package var port: UInt16?
    package var socket: String?
    package var user: String?
    package var passwordEnv: String?
    package var passwordFile: String?
    package var passwordFromEnv: String?
    package var passwordFromFile: String?
    package var asksPassword = false

    package init(
        place: String, host: String? = nil, port: UInt16? = nil, socket: String? = nil, user: String? = nil,
        passwordEnv: String? = nil, passwordFile: String? = nil, passwordFromEnv: String? = nil,
        passwordFromFile: String? = nil, asksPassword: Bool = false
    ) {
        self.place = place
        self.host = host
        self.port = port
        self.socket = socket
        self.user = user
        self.passwordEnv = passwordEnv
        self.passwordFile = passwordFile
        self.passwordFromEnv = passwordFromEnv
        self.passwordFromFile = passwordFromFile
        self.asksPassword = asksPassword
    }

    /// Refuses options that contradict each other.
    package func validate() throws {
        if host != nil, socket != nil {
            throw ValidationError("Give --\(place)-host or --\(place)-socket, not both.")
        }
        let passwords = [passwordEnv, passwordFile, passwordFromEnv, passwordFromFile].count { $0 != nil }
        if passwords + (asksPassword ? 1 : 0) > 1 {
            throw ValidationError("Give the password of the \(place) in one way only.")
        }
    }

    /// Where this command itself takes the password from, if it does.
    package var passwordSource: PasswordSource? {
        if let passwordFromEnv { return .environment(passwordFromEnv) }
        if let passwordFromFile { return .file(passwordFromFile) }
        return asksPassword ? .prompt : nil
    }

    /// Puts the options over what a file said. A password given by option replaces one given in any way by the file.
    package func apply(to endpoint: DatabaseEndpoint?, console: Console) throws(UsageProblem) -> DatabaseEndpoint? {
        var result = endpoint ?? DatabaseEndpoint()
        if let host {
            result.host = host
            result.unixSocket = ""
        }
        if let port { result.port = UInt32(port) }
        if let socket {
            result.unixSocket = socket
            result.host = ""
            result.port = 0
        }
        if let user { result.user = user }
        if passwordEnv != nil || passwordFile != nil || passwordSource != nil {
            result.password = try passwordSource?.read(for: "the \(place)", console: console) ?? ""
            result.passwordEnv = passwordEnv ?? ""
            result.passwordFile = passwordFile ?? ""
        }
        return endpoint == nil && result == DatabaseEndpoint() ? nil : result
    }
}
