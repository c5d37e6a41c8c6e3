public import CutoverModel
public import CutoverTasks
public import Logging

/// Replication between MariaDB servers through libmariadb.
public struct MariaDBReplicator: Replicator {
    private let logger: Logger

    public init(logger: Logger = Logger(label: "cutover.replicator")) { self.logger = logger }

    public func preCheck(_ job: ReplicationJob) async throws -> PreCheckReport {
        try await PreCheck(
            source: MariaDBEndpoint(job.source), destination: MariaDBEndpoint(job.destination), job: job
        ).run()
    }

    public func makeWorker(_ job: ReplicationJob, epoch: UInt64) -> any ReplicationWorker {
        var logger = self.logger
        logger[metadataKey: "task"] = "\(job.taskID)"
        logger[metadataKey: "epoch"] = "\(epoch)"
        return MariaDBWorker(job: job, epoch: epoch, logger: logger)
    }
}

extension MariaDBEndpoint {
    /// The endpoint of a job; port 0 means 3306.
    init(_ endpoint: DatabaseEndpoint) {
        let address: Address =
            endpoint.unixSocket.isEmpty
            ? .tcp(host: endpoint.host, port: endpoint.port == 0 ? 3306 : UInt16(clamping: endpoint.port))
            : .unixSocket(path: endpoint.unixSocket)
        self.init(address: address, user: endpoint.user, password: endpoint.password)
    }
}
