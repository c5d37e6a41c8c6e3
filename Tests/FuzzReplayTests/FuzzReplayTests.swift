import Foundation
import FuzzTargets
import Testing

/// Every input that fuzzing begins with, has kept, or has failed on, run as the fuzzer runs it.
@Suite struct FuzzReplayTests {
    @Test(arguments: FuzzTarget.all.map(\.name)) func inputs(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seeds = try target.seeds()
        #expect(!seeds.isEmpty)
        for input in try seeds + Corpus.inputs(of: name) {
            #expect(throws: Never.self, "\(Data(input).base64EncodedString())") { try target.run(input) }
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func crashes(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        for file in try Corpus.crashes(of: name) {
            let input = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.run(input) }
        }
    }
}
