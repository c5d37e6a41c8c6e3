import CutoverModel
import Testing

@testable import CutoverConsole

@Suite struct SpecFileTests {
    private let file = SpecFile(name: "shop.yaml")

    @Test func readsEveryField() throws {
        let spec = try file.parse(
            """
            source: {host: db1.example, port: 3306, user: cutover, password_env: CUTOVER_PASSWORD_SOURCE}
            destination:
              unix_socket: /run/mysqld/mysqld.sock
              user: on
              password: 0123
            databases: [shop, crm]
            exclude_tables:
              - shop.sessions
            kind: full_only
            copy_connections: 8
            chunk_bytes: 4194304
            start_at_ms: 1795417204000
            """)
        #expect(
            spec
                == TaskSpec(
                    source: DatabaseEndpoint(
                        host: "db1.example", port: 3306, user: "cutover", passwordEnv: "CUTOVER_PASSWORD_SOURCE"),
                    destination: DatabaseEndpoint(
                        unixSocket: "/run/mysqld/mysqld.sock", user: "on", password: "0123"),
                    databases: ["shop", "crm"], excludeTables: ["shop.sessions"], kind: .fullOnly, copyConnections: 8,
                    chunkBytes: 4_194_304, startAtMs: 1_795_417_204_000))
    }

    /// A field added to the message must be read here too, or be refused loudly.
    @Test func everyKeyOfTheMessagesIsRead() throws {
        for key in SpecFile.keys(of: TaskSpec()) where key != "source" && key != "destination" {
            let value =
                key == "kind"
                ? "FULL_ONLY"
                : key.hasSuffix("s") && key != "copy_connections"
                    && key != "chunk_bytes" && key != "start_at_ms" ? "[a]" : "1"
            #expect(throws: Never.self, "\(key)") { try file.parse("\(key): \(value)") }
        }
        for key in SpecFile.keys(of: DatabaseEndpoint()) {
            #expect(throws: Never.self, "\(key)") { try file.parse("source: {\(key): \"1\"}") }
        }
    }

    @Test(arguments: [
        (
            "databases: [shop]\nexclude_table: [a.b]",
            """
            shop.yaml:2: unknown key "exclude_table" in the specification. Did you mean "exclude_tables"? Known keys: \
            source, destination, databases, exclude_tables, kind, copy_connections, chunk_bytes, start_at_ms.
            """
        ),
        (
            "source:\n  hots: x",
            """
            shop.yaml:2: unknown key "hots" in source. Did you mean "host"? Known keys: host, port, unix_socket, user, \
            password, password_env, password_file.
            """
        ),
        (
            "source: x",
            "shop.yaml:1: source must be a map of keys: host, port, unix_socket, user, password, password_env, password_file"
        ),
        ("databases: shop", "shop.yaml:1: databases must be a list, such as [shop, crm]"),
        ("kind: half", "shop.yaml:1: kind must be one of FULL_AND_INCREMENTAL, FULL_ONLY"),
        ("copy_connections: many", "shop.yaml:1: copy_connections must be a whole number from 0 to 4294967295"),
        ("source: {port: -1}", "shop.yaml:1: source.port must be a whole number from 0 to 4294967295"),
        ("", "shop.yaml: holds no specification"),
    ])
    func saysWhatIsWrongAndWhere(yaml: String, message: String) {
        #expect(throws: UsageProblem(message)) { try file.parse(yaml) }
    }

    @Test func aSyntaxErrorDoesNotQuoteTheText() throws {
        let error = try #require(throws: UsageProblem.self) {
            try file.parse("source:\n  password: \"secret\n")
        }
        #expect(error.description.hasPrefix("shop.yaml:"))
        #expect(!error.description.contains("secret"))
    }
}
