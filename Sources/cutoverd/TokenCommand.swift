import ArgumentParser
import CutoverServer
import Foundation

/// `cutoverd token`: who may connect with a token, at the machine of the server. A running server takes changes up by itself.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke the tokens that clients connect with.",
        discussion: """
            As soon as there is one token, every client must say who it is. A running server takes changes up within \
            two seconds. Run it as the server's user, with the server's --config or --data-directory.
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it. It is shown this once: only a hash of it is kept.")

        @OptionGroup var options: SettingOptions
        @OptionGroup var grant: GrantOptions

        @Option(help: "Who gets it: the actor in the audit log.")
        var name: String

        @Option(help: ArgumentHelp("How long it holds, such as 12h or 30d; without it, for ever.", valueName: "time"))
        var expiresIn: String?

        func run() throws {
            try administer(options) { editor in
                let made = try editor.createToken(
                    name: name, role: grant.role, reflection: grant.allowReflection,
                    lifetimeMs: try expiresIn.map { try AccessLifetime.parse($0) })
                // The token alone on standard output, for $(cutoverd token create ...).
                let end = made.entry.expiresAtMs.map { ", until \(timeText($0))" } ?? ""
                FileHandle.standardError.write(
                    Data(
                        "Token \(made.entry.id) for \(name): \(grant.role.rawValue)\(end). It is shown only now:\n".utf8
                    ))
                print(made.text)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens, without their secrets.")

        @OptionGroup var options: SettingOptions

        func run() throws {
            try administer(options) { editor in
                let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
                let rows = try editor.tokens().map { token in
                    let end = token.expiresAtMs.map(timeText) ?? "never"
                    return [
                        token.id, roleText(token.role, token.reflection), timeText(token.createdAtMs),
                        token.isExpired(atMs: nowMs) ? "\(end) (expired)" : end, token.name,
                    ]
                }
                printTable(["ID", "ROLE", "CREATED", "EXPIRES", "NAME"], rows)
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a token away; connections that use it are closed within a few seconds.")

        @OptionGroup var options: SettingOptions

        @Argument(help: "The token's id, as \"token list\" shows it.")
        var id: String

        func run() throws {
            try administer(options) { editor in
                try editor.revokeToken(id: id)
                print("Token \(id) is revoked.")
            }
        }
    }
}

/// What a token or certificate allows.
struct GrantOptions: ParsableArguments {
    @Option(
        help: "viewer, operator, force or admin; each includes those before it.",
        transform: { text in
            guard let role = AccessRole(rawValue: text) else {
                throw ValidationError("\"\(text)\" is no role: say viewer, operator, force or admin.")
            }
            return role
        })
    var role: AccessRole

    @Flag(help: "Also allow to list services and methods; admin includes it.")
    var allowReflection = false
}

/// Runs an administrator's command, and says in one line why it could not be done.
func administer(_ options: SettingOptions, _ body: (AccessEditor) throws -> Void) throws {
    let configuration = try loadOrExit(options)
    do {
        try body(AccessEditor(configuration))
    } catch {
        exitWith(StartFailure.describe(error), code: 1)
    }
}

func roleText(_ role: AccessRole, _ reflection: Bool) -> String {
    reflection ? "\(role.rawValue)+reflection" : role.rawValue
}

func timeText(_ ms: Int64) -> String {
    Date(timeIntervalSince1970: Double(ms) / 1_000).ISO8601Format()
}

func printTable(_ heads: [String], _ rows: [[String]]) {
    let lines = [heads] + rows
    let widths = heads.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    for line in lines {
        let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        print(cells.dropLast().joined(separator: "  ") + "  " + (line.last ?? ""))
    }
}
