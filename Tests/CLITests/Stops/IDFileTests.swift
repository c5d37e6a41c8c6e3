import Testing

@testable import cutover

@Suite struct IDFileTests {
    @Test func idsAreSeparatedByBlanksOrLines() {
        #expect(IDFile.parse("a b\n\n  c\t d # not e\r\n#f\ng") == ["a", "b", "c", "d", "g"])
        #expect(IDFile.parse("").isEmpty)
    }
}
