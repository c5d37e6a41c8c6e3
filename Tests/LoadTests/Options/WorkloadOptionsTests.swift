import ArgumentParser
import CutoverConsole
import Testing

@testable import cutover_load

@Suite struct WorkloadOptionsTests {
    private func options(_ arguments: String...) throws -> WorkloadOptions { try WorkloadOptions.parse(arguments) }

    @Test func oneWorkloadIsAMixOfOne() throws {
        #expect(try options("--workload", "get").mix().parts == [.init(operation: "get", weight: 1)])
        #expect(try options().mix().parts == [.init(operation: "echo", weight: 1)])
    }

    @Test func aMixHasWeights() throws {
        #expect(
            try options("-w", "get=80,list=15,stop=5").mix().parts == [
                .init(operation: "get", weight: 80), .init(operation: "list", weight: 15),
                .init(operation: "stop", weight: 5),
            ])
    }

    @Test(arguments: [
        ("fly", "there is no workload \"fly\""), ("", "there is no workload"), ("get=0", "the weight of get"),
        ("get=x", "the weight of get"), ("get=1,get=2", "names get twice"), ("get,,stop", "there is no workload"),
        ("get=1=2", "the weight of get"),
    ])
    func whatCannotBeIsRefused(text: String, why: String) throws {
        let options = try options("--workload", text)
        let problem = #expect(throws: UsageProblem.self) { try options.mix() }
        #expect(problem?.description.contains(why) == true)
    }

    @Test(arguments: [
        ["--payload", "1000001"], ["--page-size", "0"], ["--batch-size", "0"], ["--watchers", "0"], ["--tasks", "0"],
    ])
    func numbersHaveLimits(arguments: [String]) throws {
        let options = try WorkloadOptions.parse(arguments)
        let problem = #expect(throws: UsageProblem.self) { try options.check() }
        #expect(problem?.description.hasPrefix(arguments[0]) == true)
    }
}
