import CutoverClient
import Testing

@testable import CutoverConsole

@Suite struct CommandStatusTests {
    @Test(
        arguments: [
            (.rejected, .rejected), (.aborted, .rejected), (.permissionDenied, .rejected), (.notFound, .notFound),
            (.invalidArgument, .usage), (.unavailable, .unavailable), (.deadlineExceeded, .unavailable),
            (.resourceExhausted, .unavailable), (.cancelled, .interrupted), (.serverError, .internalError),
            (.unimplemented, .internalError),
        ] as [(CutoverError.Code, CommandStatus)])
    func errorsMapToStatuses(code: CutoverError.Code, status: CommandStatus) {
        #expect(CommandStatus(CutoverError(code, "")) == status)
    }

    @Test func theNumbersAreThoseOfTheDocumentation() {
        let numbers = CommandStatus.allCases.map(\.rawValue)
        #expect(numbers == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 130])
    }

    @Test func severalResultsShareAStatusOrArePartial() {
        #expect(CommandStatus(combining: []) == .ok)
        #expect(CommandStatus(combining: [.ok, .ok]) == .ok)
        #expect(CommandStatus(combining: [.rejected, .rejected]) == .rejected)
        #expect(CommandStatus(combining: [.ok, .rejected]) == .partial)
        #expect(CommandStatus(combining: [.notFound, .failed]) == .partial)
    }
}
