public import CutoverModel

/// The items of a durable batch as they stand, page after page.
///
/// A page is asked for when the one before it was used up, so a batch of any size needs the memory of one page. What
/// changes while it is read may be told in either state.
public struct BatchItems: AsyncSequence, Sendable {
    public typealias Element = BatchItem
    public typealias Failure = CutoverError

    let client: CutoverClient
    let request: GetBatchStopRequest

    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, request: request)
    }

    /// Delivers one item after another.
    public struct Iterator: AsyncIteratorProtocol {
        let client: CutoverClient
        private var request: GetBatchStopRequest
        private var page: [BatchItem] = []
        private var place = 0
        private var hasMore = true

        init(client: CutoverClient, request: GetBatchStopRequest) {
            self.client = client
            self.request = request
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(CutoverError) -> BatchItem? {
            while place == page.count {
                guard hasMore else { return nil }
                let response = try await client.getBatchStop(request)
                page = response.items
                place = 0
                request.pageToken = response.nextPageToken
                hasMore = !request.pageToken.isEmpty
            }
            defer { place += 1 }
            return page[place]
        }
    }
}
