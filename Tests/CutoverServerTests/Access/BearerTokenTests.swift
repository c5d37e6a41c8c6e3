@testable import CutoverServer
import Testing

@Suite struct BearerTokenTests {
    @Test func aTokenIsReadAsItWasMade() {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let made = BearerToken.random()
            #expect(made.text.utf8.count == 60 && made.text.hasPrefix("cut_"))
            let read = BearerToken(Array(made.text.utf8))
            #expect(read?.id == made.id && read?.secret == made.secret && read?.digest == made.digest)
            #expect(made.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") })
            seen.insert(made.text)
        }
        #expect(seen.count == 200)
    }

    @Test func otherShapesAreNoTokens() {
        let good = BearerToken.random().text
        let bad = [
            "", "cut_", String(good.dropLast()), good + "a", "CUT_" + good.dropFirst(4), good.replacing("_", with: "-"),
            "cut_ABCDEFGHIJKL_" + good.suffix(43), " " + good.dropLast(),
        ]
        for text in bad { #expect(BearerToken(Array(text.utf8)) == nil, "\(text)") }
    }

    @Test func digestsAreComparedWhole() {
        let digest = BearerToken.random().digest
        #expect(BearerToken.isSame(digest, digest))
        #expect(!BearerToken.isSame(digest, []))
        #expect(!BearerToken.isSame(digest, Array(digest.dropLast())))
        for place in digest.indices {
            for bit in 0..<8 {
                var other = digest
                other[place] ^= 1 << bit
                #expect(!BearerToken.isSame(digest, other) && !BearerToken.isSame(other, digest))
            }
        }
    }
}
