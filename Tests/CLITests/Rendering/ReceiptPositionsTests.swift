import CutoverModel
import Testing

@testable import cutover

@Suite struct ReceiptPositionsTests {
    private func positions(_ requested: String, _ received: String, _ applied: String) -> ReceiptPositions {
        ReceiptPositions(
            Stop(requestedPosition: requested, receivedPosition: received, appliedPosition: applied))
    }

    @Test func eachDomainHasItsRow() {
        #expect(
            positions("0-1-10,7-3-5", "0-1-12, 7-3-5,9-1-1", "0-2-8,7-3-6").rows == [
                .init(domain: "0", requested: "0-1-10", received: "0-1-12", applied: "0-2-8", behind: 2),
                .init(domain: "7", requested: "7-3-5", received: "7-3-5", applied: "7-3-6", behind: 0),
                .init(domain: "9", requested: "", received: "9-1-1", applied: "", behind: nil),
            ])
        #expect(positions("0-1-18446744073709551615", "", "1-1-1").rows.map(\.behind) == [.max, nil])
        #expect(positions("0-1-45", "", "").rows.map(\.behind) == [nil], "applied is not known")
        #expect(positions("", "", "").rows.isEmpty)
    }

    /// What is of another form is shown as it is, never half.
    @Test(arguments: ["x", "0-1", "0-1-2-3", "0-1--2", "4294967296-1-1", "0-1-1,0-2-2", "0-1-18446744073709551616"])
    func whatCannotBeReadIsShownWhole(position: String) {
        #expect(
            positions(position, "0-1-1", "0-1-1").rows
                == [.init(domain: "", requested: position, received: "0-1-1", applied: "0-1-1")])
    }

    @Test func veryManyDomainsAreNotARowEach() {
        let position = (0..<1000).map { "\($0)-1-1" }.joined(separator: ",")
        #expect(positions(position, position, position).rows.count == 1)
    }
}
