import CutoverModel
import Foundation
import Testing
import Yams

@testable import cutover

@Suite struct DocumentTests {
    private let value = FieldValue.message([
        ModelField(name: "id", value: .string("a\"b\\\n\u{1B}[2J\u{202E}é")),
        ModelField(name: "count", value: .uint(.max)),
        ModelField(name: "ended_at_ms", value: .int(-1)),
        ModelField(name: "drained", value: .bool(true)),
        ModelField(name: "status", value: .enumeration(name: "STOPPED", number: 15)),
        ModelField(name: "hash", value: .bytes([0x00, 0xAB])),
        ModelField(name: "phases", value: .list([.string("x"), .message([])])),
        ModelField(name: "objects", value: .list([])),
    ])

    @Test func jsonOnOneLine() {
        #expect(
            JSONText(isPretty: false).text(value)
                == #"{"id":"a\"b\\\n\u001b[2J\u202eé","count":18446744073709551615,"ended_at_ms":-1,"drained":true,"#
                + #""status":"STOPPED","hash":"00ab","phases":["x",{}],"objects":[]}"#)
    }

    @Test func jsonForPeople() {
        let value = FieldValue.message([
            ModelField(name: "a", value: .list([.uint(1), .uint(2)])), ModelField(name: "b", value: .message([])),
        ])
        #expect(JSONText().text(value) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
    }

    @Test func jsonIsReadByAnotherReader() throws {
        let value = FieldValue.message(Fixtures.receipt.fields(includingDefaults: true))
        let object = try JSONSerialization.jsonObject(with: Data(JSONText().text(value).utf8))
        let receipt = try #require(object as? [String: Any])
        let stop = try #require(receipt["stop"] as? [String: Any])
        #expect(receipt["sequence"] as? Int == 17)
        #expect(stop["mode_taken"] as? String == "GRACEFUL")
        #expect(stop["accepted_at_ms"] as? Int64 == Fixtures.startMs)
        #expect((stop["phases"] as? [Any])?.count == 6)
        #expect(stop["blocker"] as? String == "")
    }

    @Test func yamlIsReadBack() throws {
        let text = try YAMLText.text(value)
        let map = try #require(try Yams.load(yaml: text) as? [String: Any])
        #expect(map["id"] as? String == "a\"b\\\n\u{1B}[2J\u{202E}é")
        #expect(text.contains("count: 18446744073709551615\n"))
        #expect(map["drained"] as? Bool == true)
        #expect(map["status"] as? String == "STOPPED")
    }

    @Test(arguments: ["on", "1e3", "", "null", "0123", "yes", "- a", "a: b", "2026-11-23", "#x", "0-1-4711"])
    func yamlStringsStayStrings(string: String) throws {
        let text = try YAMLText.text(.message([ModelField(name: "k", value: .string(string))]))
        let map = try #require(try Yams.load(yaml: text) as? [String: Any])
        #expect(map["k"] as? String == string, "\(text)")
    }

    @Test func yamlKeepsTheOrderOfTheDefinition() throws {
        let text = try YAMLText.text(.message(Fixtures.spec.fields(includingDefaults: true)))
        #expect(
            text == """
                source:
                  host: db1.example
                  port: 3306
                  unix_socket: ""
                  user: cutover
                  password: ""
                  password_env: ""
                  password_file: ""
                destination:
                  host: ""
                  port: 0
                  unix_socket: /run/mysqld/mysqld.sock
                  user: root
                  password: ""
                  password_env: ""
                  password_file: ""
                databases:
                - shop
                - crm
                exclude_tables:
                - shop.sessions
                kind: FULL_AND_INCREMENTAL
                copy_connections: 4
                chunk_bytes: 8388608
                start_at_ms: 0

                """)
    }
}
