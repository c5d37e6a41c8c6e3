import CutoverTasks
import Foundation
import GRDB
import Logging

extension StoreWriter {
    /// Commits a group of calls and answers each.
    func commit(_ group: [StoreJob], _ db: Database) {
        if let fault = progress.withLock({ $0.fault }) { return refuse(group, fault) }
        let admitted = admitWhileLow(group, db)
        guard !admitted.isEmpty else { return }
        do {
            try commitOnce(admitted, db)
        } catch {
            failed(admitted, error, db)
        }
    }

    private func failed(_ group: [StoreJob], _ error: any Error, _ db: Database) {
        let reason = TaskStoreError(database: error)
        if error.leavesDiskUnknown {
            let fault = TaskStoreError(.failed, "the disk failed to sync: check it, then restart the server")
            progress.withLock { $0.fault = fault }
            options.logger.critical("the store stops writing: the disk failed to sync")
            return refuse(group, fault)
        }
        reloadHead(db)
        switch reason.code {
        case .full where ballast.release():
            progress.withLock { progress in
                progress.statistics.isLowOnSpace = true
                progress.lastProbe = ContinuousClock.now
            }
            setAutomaticCheckpoint(false, db)
            options.logger.error("the disk is full: only stops and deletions are written, from the reserve")
            commit(group, db)
        case .full:
            refuse(group, reason)
        default:
            // One call's writes must not take the others' down with them.
            if group.count > 1 {
                for job in group { commit([job], db) }
            } else {
                options.logger.error("a write failed", metadata: ["reason": "\(reason.message)"])
                refuse(group, reason)
            }
        }
    }

    private func refuse(_ group: [StoreJob], _ reason: TaskStoreError) {
        if reason.code == .full { progress.withLock { $0.statistics.refusedFull += UInt64(group.count) } }
        for job in group { job.refuse(reason) }
    }

    /// The calls that may be tried; the others are answered.
    private func admitWhileLow(_ group: [StoreJob], _ db: Database) -> [StoreJob] {
        guard progress.withLock({ $0.statistics.isLowOnSpace }), !regainReserve(db) else { return group }
        refuse(group.filter { !$0.mayUseReserve }, .diskFull)
        return group.filter(\.mayUseReserve)
    }

    /// Looks for room again, at most once a second.
    private func regainReserve(_ db: Database) -> Bool {
        let now = ContinuousClock.now
        let isDue = progress.withLock { progress in
            if let last = progress.lastProbe, now - last < .seconds(1) { return false }
            progress.lastProbe = now
            return true
        }
        guard isDue, ballast.reserve() else { return false }
        progress.withLock { $0.statistics.isLowOnSpace = false }
        setAutomaticCheckpoint(true, db)
        options.logger.notice("the disk has room again: all writes are taken")
        return true
    }

    /// - Throws: what the database threw; the transaction is then rolled back and nobody was answered.
    private func commitOnce(_ group: [StoreJob], _ db: Database) throws {
        var transaction = CommitTransaction(db, head: progress.withLock { $0.head })
        var answers: [@Sendable () -> Void] = []
        answers.reserveCapacity(group.count)
        do {
            try db.beginTransaction(.immediate)
            for job in group { answers.append(try job.perform(&transaction)) }
            try transaction.finish()
            try db.commit()
        } catch {
            abandon(db)
            throw error
        }
        note(transaction, size: group.reduce(0) { $0 + $1.size })
        if transaction.makesRevision { waiters.advance(to: UInt64(bitPattern: transaction.head.revision)) }
        for answer in answers { answer() }
    }

    /// SQLite rolls back by itself when the disk is full; after other errors it is done here.
    func abandon(_ db: Database) {
        guard db.isInsideTransaction else { return }
        do {
            try db.rollback()
        } catch {
            // The transaction stays open and no later one can begin: every write fails, none is acknowledged wrongly.
            options.logger.critical("a transaction could not be rolled back; restart the server")
        }
    }

    private func note(_ transaction: CommitTransaction, size: Int) {
        progress.withLock { progress in
            progress.head = transaction.head
            progress.writesSinceCheckpoint += size
            progress.statistics.writes += UInt64(size)
            progress.statistics.largestGroupWrites = max(progress.statistics.largestGroupWrites, size)
            if transaction.makesRevision { progress.statistics.commits += 1 }
        }
    }

    /// The counters as the file has them: after an error the memory of them proves nothing.
    private func reloadHead(_ db: Database) {
        do {
            let head = try StoreHead.load(db)
            progress.withLock { $0.head = head }
        } catch {
            let fault = TaskStoreError(.failed, "the store cannot be read any more: check the disk, then restart")
            progress.withLock { $0.fault = fault }
            options.logger.critical("the store stops writing: it cannot read its counters")
        }
    }
}
