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
}
