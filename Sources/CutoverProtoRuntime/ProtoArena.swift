package import CProtobufC

/// A bump allocator for one message at a time: everything is taken from it, nothing is given back but all at once.
///
/// protobuf-c calls it through ``allocator``. Memory is aligned to 8 bytes, which suffices for every member of a
/// generated structure. One arena serves one thread at a time; ``ProtoScratch`` hands them out.
///
/// An allocation beyond the budget fails, so the unpacking it was for fails; ``isExhausted`` then tells why.
@usableFromInline package struct ProtoArena {
    /// The block that is kept between messages.
    static let residentBlockBytes = 128 * 1024
    static let alignment = 8

    struct Block {
        var base: UnsafeMutableRawPointer
        var next: UnsafeMutablePointer<Block>?
    }

    struct State {
        var allocator: ProtobufCAllocator
        /// The kept block, and the part of the current block that is free.
        var resident: UnsafeMutableRawPointer
        var cursor: UnsafeMutableRawPointer
        var freeBytes: Int
        /// Blocks beyond the kept one, released on reset.
        var extra: UnsafeMutablePointer<Block>?
        var remainingBudgetBytes: Int
        var isExhausted: Bool
        /// Lent at present.
        var isBusy: Bool
        /// Made for one loan.
        var isTemporary: Bool
    }

    let state: UnsafeMutablePointer<State>

    /// Makes an arena; ``destroy()`` must follow.
    package init() {
        let resident = UnsafeMutableRawPointer.allocate(
            byteCount: Self.residentBlockBytes, alignment: Self.alignment)
        state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(
            to: State(
                allocator: ProtobufCAllocator(
                    alloc: { data, size in data.flatMap { ProtoArena(adopting: $0).allocate(size) } },
                    free: { _, _ in },
                    allocator_data: UnsafeMutableRawPointer(state)),
                resident: resident, cursor: resident, freeBytes: Self.residentBlockBytes, extra: nil,
                remainingBudgetBytes: Int.max, isExhausted: false, isBusy: false, isTemporary: false))
    }

    init(adopting pointer: UnsafeMutableRawPointer) {
        state = pointer.assumingMemoryBound(to: State.self)
    }

    /// Releases the arena with all that was taken from it.
    package func destroy() {
        reset(budgetBytes: 0)
        state.pointee.resident.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// The allocator to hand to protobuf-c; valid as long as the arena.
    package var allocator: UnsafeMutablePointer<ProtobufCAllocator> {
        // `allocator` is the first member, so the state's address is its address.
        UnsafeMutableRawPointer(state).assumingMemoryBound(to: ProtobufCAllocator.self)
    }

    /// Whether an allocation failed since the last reset.
    package var isExhausted: Bool { state.pointee.isExhausted }

    /// Takes everything back and sets the budget for the next message.
    package func reset(budgetBytes: Int) {
        while let block = state.pointee.extra {
            state.pointee.extra = block.pointee.next
            block.pointee.base.deallocate()
            block.deinitialize(count: 1)
            block.deallocate()
        }
        state.pointee.cursor = state.pointee.resident
        state.pointee.freeBytes = Self.residentBlockBytes
        state.pointee.remainingBudgetBytes = budgetBytes
        state.pointee.isExhausted = false
    }

    /// Memory for `size` bytes, or nil beyond the budget. The content is undefined.
    package func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= 0, size <= Int.max - Self.alignment else { return exhausted() }
        let rounded = (size + Self.alignment - 1) & ~(Self.alignment - 1)
        guard rounded <= state.pointee.remainingBudgetBytes else { return exhausted() }
        state.pointee.remainingBudgetBytes -= rounded
        return bump(rounded)
    }

    /// Memory for `size` bytes of a message that is being written. The content is undefined.
    ///
    /// No budget applies: the values are in memory already and take more there than here.
    @usableFromInline package func take(_ size: Int) -> UnsafeMutableRawPointer {
        bump((size + Self.alignment - 1) & ~(Self.alignment - 1))
    }

    /// Memory for `count` elements, not initialized.
    package func array<Element>(of _: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        take(MemoryLayout<Element>.stride * count).bindMemory(to: Element.self, capacity: count)
    }

    private func exhausted() -> UnsafeMutableRawPointer? {
        state.pointee.isExhausted = true
        return nil
    }

    private func bump(_ rounded: Int) -> UnsafeMutableRawPointer {
        if rounded > state.pointee.freeBytes { addBlock(atLeast: rounded) }
        let result = state.pointee.cursor
        state.pointee.cursor = result + rounded
        state.pointee.freeBytes -= rounded
        return result
    }

    private func addBlock(atLeast bytes: Int) {
        let size = max(bytes, Self.residentBlockBytes)
        let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.alignment)
        let block = UnsafeMutablePointer<Block>.allocate(capacity: 1)
        block.initialize(to: Block(base: base, next: state.pointee.extra))
        state.pointee.extra = block
        state.pointee.cursor = base
        state.pointee.freeBytes = size
    }
}
