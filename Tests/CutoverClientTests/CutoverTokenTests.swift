import CutoverClient
import Testing

@Suite struct CutoverTokenTests {
    @Test func aTokenShowsItselfNowhere() throws {
        let token = try CutoverToken("cut_abcdefghijkl_secret")
        var dumped = ""
        dump(token, to: &dumped)
        var configuration = CutoverClient.Configuration()
        configuration.token = token
        for text in [
            "\(token)", String(reflecting: token), dumped, "\(configuration)", String(reflecting: configuration),
        ] {
            #expect(!text.contains("secret") && !text.contains("cut_") && !text.contains("115, 101, 99"), "\(text)")
        }
        let error = #expect(throws: CutoverError.self) { try CutoverToken("cut_secret cut_secret") }
        #expect(error?.code == .invalidArgument && error?.description.contains("secret") == false)
    }

    @Test func onlyOneWordOfASCIIIsTaken() throws {
        #expect(try CutoverToken(" \n cut_x\r\n ") == CutoverToken("cut_x"))
        for text in ["", " \n", "a b", "a\u{0}b", "tökn", String(repeating: "a", count: 4_097)] {
            #expect(throws: CutoverError.self) { try CutoverToken(text) }
        }
    }
}
