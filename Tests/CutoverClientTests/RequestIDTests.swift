import Testing

@testable import CutoverClient

@Suite struct RequestIDTests {
    @Test func theBitsOfVersionAndVariantAreSet() {
        #expect(RequestID.uuid(high: 0, low: 0) == "00000000-0000-4000-8000-000000000000")
        #expect(RequestID.uuid(high: .max, low: .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(
            RequestID.uuid(high: 0x0123_4567_89AB_CDEF, low: 0x0123_4567_89AB_CDEF)
                == "01234567-89ab-4def-8123-456789abcdef")
    }

    @Test func everyIdIsAnother() {
        let ids = Set((0..<1000).map { _ in RequestID.orNew("") })
        #expect(ids.count == 1000)
        #expect(RequestID.orNew("given") == "given")
    }

    @Test func aUUIDIsANumber() {
        #expect(RequestID.number(of: "00000000-0000-0000-0000-00000000000a") == 10)
        #expect(RequestID.number(of: "ffffffff-ffff-ffff-ffff-ffffffffffff") == .max)
        let id = RequestID.orNew(nil)
        #expect(RequestID.number(of: id) != nil)
        #expect(RequestID.number(of: id) != RequestID.number(of: RequestID.orNew(nil)))
    }

    @Test(arguments: [
        "", "a", "00000000-0000-0000-0000-00000000000A", "00000000-0000-0000-0000-00000000000g",
        "000000000000-0000-0000-00000000-0000", "00000000-0000-0000-0000-000000000000-",
    ])
    func whatIsNoneIsNoNumber(text: String) {
        #expect(RequestID.number(of: text) == nil)
    }
}
