import CutoverClient
import Foundation
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct SecurityOptionsTests {
    private static func parse(_ arguments: [String] = []) throws -> SecurityOptions {
        try SecurityOptions.parse(arguments)
    }

    @Test func withoutAnythingItIsPlaintextAndNobody() throws {
        let options = try Self.parse()
        #expect(try options.tls(environment: [:]) == nil)
        #expect(try options.tls(environment: ["CUTOVER_TLS": "0", "CUTOVER_CA": ""]) == nil)
        #expect(try options.token(environment: ["CUTOVER_TOKEN": "", "CUTOVER_TOKEN_FILE": ""]) == nil)
    }

    @Test func anOptionWinsOverTheEnvironment() throws {
        let environment = [
            "CUTOVER_CA": "/e/ca", "CUTOVER_SERVER_NAME": "e.example", "CUTOVER_CLIENT_CERT": "/e/c",
            "CUTOVER_CLIENT_KEY": "/e/k",
        ]
        let all = ["--ca", "/o/ca", "--server-name", "o.example", "--client-cert", "/o/c", "--client-key", "/o/k"]
        #expect(
            try Self.parse(all).tls(environment: environment)
                == CutoverClient.TLS(
                    authorityFile: "/o/ca", serverName: "o.example", certificateFile: "/o/c", privateKeyFile: "/o/k"))
        #expect(
            try Self.parse().tls(environment: environment)
                == CutoverClient.TLS(
                    authorityFile: "/e/ca", serverName: "e.example", certificateFile: "/e/c", privateKeyFile: "/e/k"))
    }

    @Test(
        arguments: [
            (["--tls"], [:]), ([], ["CUTOVER_TLS": "1"]), (["--ca", "/a"], [:]), (["--server-name", "a"], [:]),
            ([], ["CUTOVER_CA": "/a"]),
        ] as [([String], [String: String])])
    func anyOfThemMeansTLS(_ arguments: [String], _ environment: [String: String]) throws {
        #expect(try Self.parse(arguments).tls(environment: environment) != nil)
    }

    @Test func whatContradictsItselfIsRefused() throws {
        #expect(throws: UsageProblem.self) { try Self.parse(["--client-cert", "/c"]).tls(environment: [:]) }
        #expect(throws: UsageProblem.self) { try Self.parse().tls(environment: ["CUTOVER_CLIENT_KEY": "/k"]) }
        #expect(throws: UsageProblem.self) { try Self.parse().tls(environment: ["CUTOVER_TLS": "maybe"]) }
    }

    @Test func theTokenComesFromTheFileOrTheEnvironment() async throws {
        try await TemporaryFolder.use { try Self.tokens(in: $0) }
    }

    private static func tokens(in folder: URL) throws {
        let write: (String, String) throws -> String = { name, text in
            try Data(text.utf8).write(to: folder.appending(path: name))
            return folder.appending(path: name).path
        }
        let file = try write("token", "  cut_file\n")
        let other = try write("other", "cut_other")
        let environment = ["CUTOVER_TOKEN": "cut_text", "CUTOVER_TOKEN_FILE": other]
        #expect(try Self.parse(["--token-file", file]).token(environment: environment) == CutoverToken("cut_file"))
        #expect(try Self.parse().token(environment: environment) == CutoverToken("cut_text"))
        #expect(try Self.parse().token(environment: ["CUTOVER_TOKEN_FILE": other]) == CutoverToken("cut_other"))
        let bad = try write("bad", "two words")
        for path in [bad, try write("empty", "\n"), "/nonexistent/token"] {
            let problem = #expect(throws: UsageProblem.self) {
                try Self.parse(["--token-file", path]).token(environment: [:])
            }
            #expect(problem?.description.contains(path) == true)
            #expect(problem?.description.contains("two words") == false, "what is in the file is not repeated")
        }
    }
}
