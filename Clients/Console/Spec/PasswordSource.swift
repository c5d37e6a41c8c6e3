import Foundation

/// Where the client takes a password from, to send it. Never the command line: other users can read that.
package enum PasswordSource: Sendable, Hashable {
    /// A variable of the client's own environment.
    case environment(String)
    /// A file on the client's machine; one line break at its end is not part of the password.
    case file(String)
    /// Typed at the terminal, without echo.
    case prompt

    /// The largest password file, in bytes.
    package static let limitBytes = 4096

    /// Reads the password for the account that `account` names, such as "the source".
    package func read(for account: String, console: Console) throws(UsageProblem) -> String {
        switch self {
        case .environment(let name):
            guard let password = console.environment[name], !password.isEmpty else {
                throw UsageProblem("password of \(account): the environment variable \(name) is not set or empty")
            }
            return password
        case .file(let path): return try Self.readFile(path, account: account)
        case .prompt:
            guard let password = console.readSecret("Password of \(account): ") else {
                throw UsageProblem("password of \(account): there is no terminal to ask at")
            }
            return password
        }
    }

    private static func readFile(_ path: String, account: String) throws(UsageProblem) -> String {
        let data: Data?
        do {
            data = try FileHandle(forReadingFrom: URL(filePath: path)).read(upToCount: limitBytes + 1)
        } catch {
            throw UsageProblem("password of \(account): \(path): \(FileProblem.words(error))")
        }
        guard let data, !data.isEmpty else { throw UsageProblem("password of \(account): \(path) is empty") }
        guard data.count <= limitBytes, var password = String(validating: data, as: UTF8.self) else {
            throw UsageProblem("password of \(account): \(path) is not a line of text of at most \(limitBytes) bytes")
        }
        if password.hasSuffix("\r\n") || password.hasSuffix("\n") { password.removeLast() }
        return password
    }
}
