import Foundation

/// Drives the Swift client for the conformance runner, by lines on stdin and stdout; see Tests/Conformance/README.md.
@main
struct ConformanceAdapter {
    static func main() async {
        let session = AdapterSession()
        // Reading blocks, so it has a thread of its own.
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        await session.say("ready")
        for await line in lines { await session.obey(line.split(separator: " ").map(String.init)) }
    }
}
