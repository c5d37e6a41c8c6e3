import Testing

@testable import CutoverWire

@Suite struct ClientConnectionStateTests {
    private func opened() -> ClientConnectionState {
        var state = ClientConnectionState(maxInFlight: 32)
        expectSame(state.received(FrameHeader(length: 0, type: .hello)), .hello)
        state.accept(Hello())
        return state
    }

    @Test func sixteenCallsMayGoBehindHello() {
        var state = ClientConnectionState(maxInFlight: 1024)
        for slot in 1...UInt32(16) { expectSame(state.open(isStream: false), slot) }
        expectSame(state.open(isStream: false), nil)
        state.accept(Hello())
        expectSame(state.open(isStream: false), 17)
    }

    @Test func slotsAreUsedAgain() {
        var state = opened()
        expectSame(state.open(isStream: false), 1)
        expectSame(state.open(isStream: true), 2)
        expectSame(state.received(FrameHeader(length: 0, type: .item, id: 2)), .item(slot: 2))
        expectSame(state.received(FrameHeader(length: 0, type: .response, id: 1)), .response(slot: 1))
        expectSame(state.open(isStream: false), 1)
    }

    @Test(arguments: [
        FrameHeader(length: 0, type: .response, id: 5), FrameHeader(length: 0, type: .item, id: 1),
        FrameHeader(length: 0, type: .response, id: .max), FrameHeader(length: 0, type: .hello),
        FrameHeader(length: 8, type: .pong),
    ]) func aServerThatBreaksTheRulesIsLeft(header: FrameHeader) {
        var state = opened()
        expectSame(state.open(isStream: false), 1)
        guard case .violation = state.received(header) else {
            Issue.record("\(header) was let in")
            return
        }
        #expect(state.phase == .closed)
        expectSame(state.open(isStream: false), nil)
    }

    @Test func drainAndRefusalAreToldApart() {
        var state = opened()
        let drain = FrameHeader(length: 4, type: .goAway, aux: GoAwayReason.drain.rawValue)
        expectSame(state.received(drain), .drain)
        expectSame(state.startDrain(), true)
        expectSame(state.open(isStream: false), nil)
        let refusal = FrameHeader(length: 4, type: .goAway, aux: GoAwayReason.protocolError.rawValue)
        expectSame(state.received(refusal), .refused)
        #expect(state.phase == .closed)
    }
}
