import CutoverModel
import Synchronization

/// The revision up to which a watch has printed, for whoever interrupts it.
final class WatchPlace: Sendable {
    private let state: Mutex<UInt64>

    init(revision: UInt64) {
        state = Mutex(revision)
    }

    var revision: UInt64 { state.withLock { $0 } }

    /// A task as it stands counts once the listing is whole.
    func take(_ event: WatchEvent) {
        guard event.event != nil || event.kind == .presentEnd else { return }
        state.withLock { $0 = event.revision }
    }
}
