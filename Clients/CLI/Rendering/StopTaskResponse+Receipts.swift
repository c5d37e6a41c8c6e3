import CutoverModel

extension StopTaskResponse {
    /// The records about the stop, the one that ended it first.
    var receipts: [Receipt] { (receipt.map { [$0] } ?? []) + addenda }

    /// The stop as the latest record about it attests it; while there is none, as it stands.
    var latestStop: Stop? { addenda.last?.stop ?? receipt?.stop ?? stop }
}
