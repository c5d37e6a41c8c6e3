import CutoverModel
internal import CutoverSQLite
internal import CutoverTasks
internal import Logging

/// Delivers what is owed to the webhook, from the store's outbox: across restarts, and each alarm's changes in order.
///
/// The order is the store's: it hands out only the first change that is owed of each alarm. A receiver that is slow or dead
/// holds up deliveries alone; nobody waits for this actor.
actor WebhookSender {
    /// Posts under way at one time.
    private static let parallel = 4
    /// The longest wait before the outbox is looked at again whatever happened.
    private static let idleMs: Int64 = 60_000
    private static let storeRetryMs: Int64 = 1_000

    private let store: any TaskStore
    private let target: WebhookTarget
    private let transport: any WebhookTransport
    private let changes: RevisionWaiters
    private let logger: Logger
    private let nowMs: @Sendable () -> Int64
    private var isFailing = false
    /// Changes that are being posted, and how many have been.
    private var underWay: Set<UInt64> = []
    private var ended: UInt64 = 0
    /// Changes that the receiver has but that the store could not take off the outbox yet: not to be posted again.
    private var delivered: Set<UInt64> = []
    private var loops: [Task<Void, Never>] = []

    init(
        store: any TaskStore, target: WebhookTarget, transport: any WebhookTransport, changes: RevisionWaiters,
        logger: Logger, nowMs: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.target = target
        self.transport = transport
        self.changes = changes
        var logger = logger
        logger[metadataKey: "receiver"] = "\(target.name)"
        self.logger = logger
        self.nowMs = nowMs
    }

    func start() {
        guard loops.isEmpty else { return }
        loops = (0..<Self.parallel).map { _ in
            Task { [weak self] in
                while !Task.isCancelled { await self?.turn() }
            }
        }
    }

    /// Gives up the posts that are under way; they are made again after the next start.
    func shutDown() async {
        for loop in loops { loop.cancel() }
        for loop in loops { await loop.value }
    }

    /// Delivers what is due, or waits until something is.
    private func turn() async {
        do {
            let place = changes.revision
            if try await deliverDue() > 0 { return }
            let next = try await store.deliveries(dueBy: .max, limit: Self.parallel).first {
                !underWay.contains($0.alarm.change)
            }
            if var next, next.dueAtMs - nowMs() > WebhookRetry.maxDelayMs {
                // The clock was set back.
                next.dueAtMs = nowMs()
                return try await store.postpone(next)
            }
            try await wait(above: place, atMostMs: next.map { $0.dueAtMs - nowMs() } ?? Self.idleMs)
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning("the webhook's outbox cannot be used", metadata: ["kind": "\(type(of: error))"])
            try? await Task.sleep(for: .milliseconds(Self.storeRetryMs))
        }
    }

    /// Delivers, one after the other, until nothing is due.
    /// - Returns: how many deliveries were tried.
    func deliverDue() async throws -> Int {
        var count = 0
        while let delivery = try await claim() {
            defer { release(delivery) }
            try await deliver(delivery)
            count += 1
        }
        return count
    }

    /// The first that is due and that nobody else delivers.
    private func claim() async throws -> AlarmDelivery? {
        while true {
            let before = ended
            let due = try await store.deliveries(dueBy: nowMs(), limit: Self.parallel)
            // What ended meanwhile may be in this reading still.
            guard ended == before else { continue }
            guard let first = due.first(where: { !underWay.contains($0.alarm.change) }) else { return nil }
            underWay.insert(first.alarm.change)
            return first
        }
    }

    private func release(_ delivery: AlarmDelivery) {
        underWay.remove(delivery.alarm.change)
        ended &+= 1
    }

    private func deliver(_ delivery: AlarmDelivery) async throws {
        let alarm = delivery.alarm
        guard !delivered.contains(alarm.change) else { return try await remove(alarm) }
        let status: Int?
        do {
            let message = try WebhookMessage(alarm, secret: target.secret, nowMs: nowMs())
            status = try await transport.post(message, to: target.url)
        } catch {
            try Task.checkCancellation()
            status = nil
            noteFailure(alarm, "no answer", (error as? WebhookPostError)?.code)
        }
        if let status, (200..<300).contains(status) {
            if isFailing { logger.notice("alarms are delivered again") }
            isFailing = false
            delivered.insert(alarm.change)
            return try await remove(alarm)
        }
        if let status { noteFailure(alarm, "refused", status) }
        try await postponeOrGiveUp(delivery)
    }

    private func remove(_ alarm: Alarm) async throws {
        try await store.removeDelivery(change: alarm.change)
        delivered.remove(alarm.change)
    }

    private func postponeOrGiveUp(_ delivery: AlarmDelivery) async throws {
        var delivery = delivery
        let alarm = delivery.alarm
        guard nowMs() - WebhookMessage.saidAtMs(alarm) < WebhookRetry.giveUpAfterMs else {
            logger.error(
                "an alarm could not be delivered and is given up",
                metadata: ["alarm": "\(alarm.id)", "change": "\(alarm.change)", "attempts": "\(delivery.attempts)"])
            return try await store.removeDelivery(change: alarm.change)
        }
        delivery.attempts = delivery.attempts == .max ? .max : delivery.attempts + 1
        let delay = WebhookRetry.delayMs(afterAttempts: delivery.attempts, jitter: .random(in: 0...1))
        delivery.dueAtMs = nowMs() + delay
        try await store.postpone(delivery)
    }

    /// Says it once, until a delivery succeeds again.
    private func noteFailure(_ alarm: Alarm, _ what: String, _ code: Int?) {
        let metadata: Logger.Metadata = [
            "change": "\(alarm.change)", "code": "\(code.map(String.init) ?? "none")", "what": "\(what)",
        ]
        if isFailing {
            logger.debug("an alarm was not delivered", metadata: metadata)
        } else {
            logger.warning("an alarm was not delivered; it is tried again", metadata: metadata)
        }
        isFailing = true
    }

    private func wait(above place: UInt64, atMostMs: Int64) async throws {
        let changes = changes
        let limit = min(Self.idleMs, max(1, atMostMs))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await changes.wait(above: place) }
            group.addTask { try await Task.sleep(for: .milliseconds(limit)) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
