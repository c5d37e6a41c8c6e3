import Testing

@testable import CutoverRPC

@Suite struct ServerNameTests {
    @Test(arguments: [
        ("db.example", "db.example"), ("DB.Example", "db.eXample"), ("db.example.", "db.example"),
        ("db.example", "db.example."), ("db.corp.example", "*.corp.example"), ("localhost", "localhost"),
    ])
    func matches(name: String, pattern: String) {
        #expect(ServerName.matches(name, pattern: pattern))
    }

    @Test(arguments: [
        ("db.example", "other.example"), ("a.db.corp.example", "*.corp.example"), ("corp.example", "*.corp.example"),
        ("db.example", "*.example"), ("db", "*"), ("db.corp.example", "d*.corp.example"),
        ("db.corp.example", "db.*.example"), ("", ""), ("", "*"), (".corp.example", "*.corp.example"), ("a..b", "a..b"),
        ("db.example", "db.example\u{0}.evil"), ("db.example", ""),
    ])
    func matchesNot(name: String, pattern: String) {
        #expect(!ServerName.matches(name, pattern: pattern))
    }
}
