import CutoverClient
import Testing

@testable import cutover

@Suite struct ExitStatusTests {
    @Test(arguments: [
        (.rejected, .rejected), (.aborted, .rejected), (.permissionDenied, .rejected), (.notFound, .notFound),
        (.invalidArgument, .usage), (.unavailable, .unavailable), (.deadlineExceeded, .unavailable),
        (.resourceExhausted, .unavailable), (.cancelled, .interrupted), (.serverError, .internalError),
        (.unimplemented, .internalError),
    ] as [(CutoverError.Code, ExitStatus)])
    func errorsMapToStatuses(code: CutoverError.Code, status: ExitStatus) {
        #expect(ExitStatus(CutoverError(code, "")) == status)
    }

    @Test func theNumbersAreThoseOfTheDocumentation() {
        let numbers = ExitStatus.allCases.map(\.rawValue)
        #expect(numbers == [0, 1, 2, 3, 4, 5, 6, 7, 64, 130])
    }

    @Test func severalResultsShareAStatusOrArePartial() {
        #expect(ExitStatus(combining: []) == .ok)
        #expect(ExitStatus(combining: [.ok, .ok]) == .ok)
        #expect(ExitStatus(combining: [.rejected, .rejected]) == .rejected)
        #expect(ExitStatus(combining: [.ok, .rejected]) == .partial)
        #expect(ExitStatus(combining: [.notFound, .failed]) == .partial)
    }
}
