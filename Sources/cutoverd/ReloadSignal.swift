import Dispatch
import Foundation

/// SIGHUP as something to do: look at certificates and tokens now.
///
/// Unchecked because of `source` alone: written once, before anybody else has this object, and then only kept alive.
final class ReloadSignal: @unchecked Sendable {
    private let source: any DispatchSourceSignal

    init(_ reload: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler(handler: reload)
        source.resume()
    }

    func cancel() {
        source.cancel()
    }
}
