import CLibFuzzer
import Foundation
import FuzzTargets

/// The fuzzer of one target, and what turns corpora into files for it and back. `dev/fuzz` runs it.
@main enum CutoverFuzz {
    /// The target of this process; libFuzzer's callback can capture nothing.
    nonisolated(unsafe) private static var target = FuzzTarget.all[0]

    /// libFuzzer starts itself again to merge, with its own options only; the target is named here then.
    private static let targetVariable = "CUTOVER_FUZZ_TARGET"

    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if let name = ProcessInfo.processInfo.environment[targetVariable], arguments.first?.hasPrefix("-") == true {
            target = try find(name)
            exit(fuzz(arguments))
        }
        let command = arguments.isEmpty ? "" : arguments.removeFirst()
        switch (command, arguments.count) {
        case ("list", 0):
            for target in FuzzTarget.all { print(target.name) }
        case ("seeds", 2):
            try writeSeeds(of: try find(arguments[0]), to: URL(filePath: arguments[1]))
        case ("store", 2):
            try Corpus.store(try find(arguments[0]).name, from: URL(filePath: arguments[1]))
        case ("run", 1...):
            target = try find(arguments.removeFirst())
            setenv(targetVariable, target.name, 1)
            exit(fuzz(arguments))
        default:
            throw UsageError(
                description: "usage: cutover-fuzz list | seeds TARGET FOLDER | store TARGET FOLDER | run TARGET OPTIONS"
            )
        }
    }

    private struct UsageError: Error, CustomStringConvertible {
        let description: String
    }

    private static func find(_ name: String) throws -> FuzzTarget {
        guard let found = FuzzTarget.all.first(where: { $0.name == name }) else {
            throw UsageError(description: "no target is called \(name); `cutover-fuzz list` shows them")
        }
        return found
    }

    /// What fuzzing begins with: the seeds, the corpus, and what crashed once.
    private static func writeSeeds(of target: FuzzTarget, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let crashes = try Corpus.crashes(of: target.name).map { Array(try Data(contentsOf: $0)) }
        let inputs = try target.seeds() + Corpus.inputs(of: target.name) + crashes
        for (index, input) in inputs.enumerated() {
            try Data(input).write(to: folder.appending(path: "seed-\(index)"))
        }
    }

    private static func fuzz(_ options: [String]) -> Int32 {
        let texts = [CommandLine.arguments[0], "-max_len=\(target.maxInputBytes)"] + options
        let pointers = texts.map { strdup($0) } + [nil]
        var count = Int32(texts.count)
        return pointers.withUnsafeBufferPointer { pointers in
            var start = UnsafeMutablePointer(mutating: pointers.baseAddress)
            return LLVMFuzzerRunDriver(&count, &start) { bytes, count in
                do throws(FuzzFinding) {
                    try CutoverFuzz.target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                    return 0
                } catch {
                    FileHandle.standardError.write(Data("finding: \(error)\n".utf8))
                    abort()
                }
            }
        }
    }
}
