import Testing

@testable import CutoverWire

@Suite struct ServerConnectionStateTests {
    private func opened(maxInFlight: UInt16 = 16) -> ServerConnectionState {
        var state = ServerConnectionState(maxInFlight: maxInFlight)
        state.receivedPreface()
        expectSame(state.received(FrameHeader(length: 0, type: .hello)), .hello)
        state.accept(Hello())
        return state
    }

    private func request(_ slot: UInt32, flags: UInt8 = 0) -> FrameHeader {
        FrameHeader(length: 8, type: .request, flags: flags, id: slot, aux: 1)
    }

    @Test func aSlotIsBusyUntilItsResponse() {
        var state = opened()
        expectSame(state.received(request(3)), .request(slot: 3, isStream: false))
        expectSame(state.received(FrameHeader(length: 0, type: .cancel, id: 3, aux: 1)), .cancel(slot: 3, .user))
        #expect(state.inFlight == 1)
        expectSame(state.respond(slot: 3), .send)
        expectSame(state.respond(slot: 3), .drop)
        expectSame(state.received(FrameHeader(length: 0, type: .cancel, id: 3, aux: 1)), .ignore)
        expectSame(state.received(request(3, flags: 1)), .request(slot: 3, isStream: true))
    }

    @Test func nothingButHelloComesFirst() {
        for type in FrameType.allCases where type != .hello {
            var state = ServerConnectionState(maxInFlight: 16)
            state.receivedPreface()
            guard case .violation = state.received(FrameHeader(length: 0, type: type, id: 1)) else {
                Issue.record("\(type) was let in before HELLO")
                continue
            }
            #expect(state.phase == .closed)
        }
    }

    @Test func nothingIsJudgedAfterAViolation() {
        var state = opened()
        guard case .violation(let violation) = state.received(request(17)) else {
            Issue.record("slot 17 of 16 was let in")
            return
        }
        #expect(violation.reason == .protocolError)
        expectSame(state.received(request(1)), .ignore)
        expectSame(state.respond(slot: 1), .drop)
    }

    @Test func drainAcceptsCallsUntilDrained() {
        var state = opened()
        expectSame(state.received(request(1)), .request(slot: 1, isStream: false))
        expectSame(state.startDrain(), true)
        expectSame(state.startDrain(), false)
        expectSame(state.received(request(2)), .request(slot: 2, isStream: false))
        expectSame(state.received(FrameHeader(length: 0, type: .drained)), .drained(closeNow: false))
        expectSame(state.respond(slot: 1), .send)
        expectSame(state.respond(slot: 2), .sendAndClose)
    }

    @Test func onePingEachWayAtATime() {
        var state = opened()
        expectSame(state.received(FrameHeader(length: 8, type: .ping)), .pong)
        state.flushed()
        expectSame(state.received(FrameHeader(length: 8, type: .ping)), .pong)
        expectSame(state.startPing(), true)
        expectSame(state.startPing(), false)
        expectSame(state.received(FrameHeader(length: 8, type: .pong)), .pingAnswered)
        guard case .violation = state.received(FrameHeader(length: 8, type: .ping)) else {
            Issue.record("a second unanswered PING was let in")
            return
        }
    }

    @Test func theClientsLowerLimitHolds() {
        var state = ServerConnectionState(maxInFlight: 1024)
        state.receivedPreface()
        var hello = Hello()
        hello.maxInFlight = 16
        state.accept(hello)
        guard case .violation = state.received(request(17)) else {
            Issue.record("slot 17 of 16 was let in")
            return
        }
    }
}
