import ArgumentParser
import CutoverServer

/// `cutoverd identity`: what the holders of client certificates may do.
struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Say what the holders of client certificates may do.",
        discussion: """
            The identity of a certificate is its first URI, else its first DNS name, else its common name. One that is not \
            listed here may not connect. A running server takes changes up within two seconds.
            """,
        subcommands: [Grant.self, List.self, Revoke.self])

    struct Grant: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let an identity in, or change its role.")

        @OptionGroup var options: SettingOptions
        @OptionGroup var grant: GrantOptions

        @Argument(help: "Such as spiffe://example/batch or batch.example.")
        var identity: String

        func run() throws {
            try administer(options) { editor in
                try editor.grant(identity: identity, role: grant.role, reflection: grant.allowReflection)
                print("\(identity): \(roleText(grant.role, grant.allowReflection))")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the identities that are let in.")

        @OptionGroup var options: SettingOptions

        func run() throws {
            try administer(options) { editor in
                let rows = try editor.identities().map {
                    [roleText($0.role, $0.reflection), timeText($0.createdAtMs), $0.identity]
                }
                printTable(["ROLE", "SINCE", "IDENTITY"], rows)
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an identity in no more; its connections are closed within a few seconds.")

        @OptionGroup var options: SettingOptions

        @Argument(help: "The identity, as \"identity list\" shows it.")
        var identity: String

        func run() throws {
            try administer(options) { editor in
                try editor.revoke(identity: identity)
                print("\(identity) is revoked.")
            }
        }
    }
}
