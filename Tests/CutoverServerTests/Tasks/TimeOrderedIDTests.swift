@testable import CutoverServer
import Foundation
import Testing

@Suite struct TimeOrderedIDTests {
    @Test func itIsAUUIDOfVersion7() {
        // RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC.
        for _ in 0..<1_000 {
            let id = TimeOrderedID.make(nowMs: 0x017F_22E2_79B0)
            #expect(id.hasPrefix("017f22e2-79b0-7"), "the time and the version")
            #expect("89ab".contains(id[id.index(id.startIndex, offsetBy: 19)]), "the variant")
            #expect(UUID(uuidString: id) != nil && id == id.lowercased() && id.count == 36)
        }
    }

    @Test func laterIdsSortBehindEarlierOnesAndNoneComesTwice() {
        var last = ""
        var seen: Set<String> = []
        for now in Int64(1)...2_000 {
            let id = TimeOrderedID.make(nowMs: now)
            #expect(id > last)
            last = id
            seen.insert(id)
            for _ in 0..<9 { seen.insert(TimeOrderedID.make(nowMs: 7)) }
        }
        #expect(seen.count == 20_000)
    }

    @Test(arguments: [-1, Int64.min, 0]) func aClockBefore1970IsTakenAs1970(nowMs: Int64) {
        #expect(TimeOrderedID.make(nowMs: nowMs).hasPrefix("00000000-0000-7"))
    }

    @Test func aClockBeyond48BitsTrapsNothing() {
        #expect(TimeOrderedID.make(nowMs: .max).hasPrefix("ffffffff-ffff-7"))
    }
}
