import CutoverRPC
import Foundation
import Logging

/// One client after another, as the runner opens and closes them; each call is a task.
actor AdapterSession {
    private var client: RPCClient?
    private var tasks: [String: Task<Void, Never>] = [:]
    /// Where held streams are told to read on.
    private var turns: [String: AsyncStream<Void>.Continuation] = [:]

    func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// Carries out one line.
    func obey(_ words: [String]) async {
        let rest = Array(words.dropFirst())
        switch words.first {
        case "open": open(rest)
        case "call":
            guard let client, let call = AdapterCall(words: rest, kind: .unary) else { return say("bad \(words)") }
            tasks[call.id] = Task { await self.run(call, client) }
        case "stream":
            guard let client, let call = AdapterCall(words: rest, kind: .serverStream) else {
                return say("bad \(words)")
            }
            let (turns, continuation) = AsyncStream.makeStream(of: Void.self)
            self.turns[call.id] = continuation
            tasks[call.id] = Task { await self.read(call, client, turns) }
        case "take":
            guard rest.count == 2, let count = Int(rest[1]) else { return say("bad \(words)") }
            for _ in 0..<count { turns[rest[0]]?.yield() }
        case "cancel": tasks[rest.first ?? ""]?.cancel()
        case "close": await close()
        default: say("bad \(words)")
        }
    }

    private func open(_ words: [String]) {
        guard let address = words.first, let endpoint = try? RPCEndpoint(parsing: address, defaultPort: 7450) else {
            return say("bad \(words)")
        }
        var configuration = RPCClientConfiguration(endpoint: endpoint)
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return say("bad \(word)") }
            switch (parts[0], UInt32(parts[1])) {
            case ("token", _): configuration.credentials = Array(parts[1].utf8)
            case ("max_frame", .some(let number)): configuration.limits.maxFrameBytes = number
            case ("max_inflight", .some(let number)): configuration.limits.maxInFlight = UInt16(clamping: number)
            case ("stream_credit", .some(let number)): configuration.limits.streamCreditBytes = number
            case ("keepalive_ms", .some(let number)): configuration.limits.keepaliveMs = number
            case ("keepalive_timeout_ms", .some(let number)): configuration.limits.keepaliveTimeoutMs = number
            default: return say("bad \(word)")
            }
        }
        var logger = Logger(label: "conformance")
        logger.logLevel = .critical
        client = RPCClient(configuration: configuration, logger: logger)
        say("opened")
    }

    private func close() async {
        await client?.shutdown(grace: .seconds(1))
        client = nil
        for turn in turns.values { turn.finish() }
        for task in tasks.values { task.cancel() }
        for task in tasks.values { await task.value }
        turns.removeAll()
        tasks.removeAll()
        say("closed")
    }

    private func run(_ call: AdapterCall, _ client: RPCClient) async {
        do {
            let answer = try await client.unary(call.method, call.payload, options: call.options)
            say(call.end(.success(try AdapterCall.content(answer))))
        } catch {
            say(call.end(.failure(error as? RPCError ?? RPCError(.unknown, "\(error)"))))
        }
    }

    private func read(_ call: AdapterCall, _ client: RPCClient, _ turns: AsyncStream<Void>) async {
        var items = client.serverStream(call.method, call.payload, options: call.options).makeAsyncIterator()
        var waiting = turns.makeAsyncIterator()
        do throws(RPCError) {
            while true {
                if call.isHeld, await waiting.next() == nil {
                    throw RPCError(.cancelled, "the stream was given up")
                }
                guard let item = try await items.next() else { break }
                say("item \(call.id) \(AdapterWord.hex(try AdapterCall.content(item)))")
            }
            say(call.end(.success([])))
        } catch {
            say(call.end(.failure(error)))
        }
    }
}
