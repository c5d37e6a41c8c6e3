import CutoverModel
internal import CutoverTasks

/// The runners of all batches that are not over.
actor BatchPool {
    /// Batches that are carried out at one time.
    static let maxOpen = 1_000

    let context: BatchContext
    private var runners: [String: BatchRunner] = [:]
    private var isClosing = false

    init(context: BatchContext) {
        self.context = context
    }

    /// Takes up whatever an earlier process left.
    /// - Returns: how many batches go on.
    func start() async throws -> Int {
        let open = try await context.store.openBatches()
        for record in open {
            if let id = record.batch?.id { await begin(id) }
        }
        return open.count
    }

    /// Batches that are being carried out.
    var count: Int { runners.count }

    /// A batch was made or changed: carry it out, or look again.
    func begin(_ id: String) async {
        guard !isClosing else { return }
        let runner = runners[id] ?? BatchRunner(batchID: id, context: context)
        runners[id] = runner
        await runner.begin { [weak self] in await self?.retire(id, runner) }
    }

    /// Ends every runner without any change.
    func shutDown() async {
        isClosing = true
        for runner in runners.values { await runner.shutDown() }
        runners.removeAll()
    }

    private func retire(_ id: String, _ runner: BatchRunner) {
        if runners[id] === runner { runners.removeValue(forKey: id) }
    }
}
