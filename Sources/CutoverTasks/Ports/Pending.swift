// To be deleted: stands in while the adapters are written.
public import CutoverModel

extension ReplicationWorker {
    public func previewObjects() async throws -> [ObjectOutcome] { [] }
    public func finishResidue(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome] { [] }
}
