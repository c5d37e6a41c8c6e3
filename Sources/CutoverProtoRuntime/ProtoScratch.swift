#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lends an arena for the length of one call: the thread's own, so that no lock is taken and nothing is allocated.
@usableFromInline package enum ProtoScratch {
    /// Lends an arena that is empty and has the given budget.
    ///
    /// A use within a use gets an arena of its own. `body` must not keep the arena or memory from it.
    @inlinable package static func withArena<Result, Failure: Error>(
        budgetBytes: Int, _ body: (ProtoArena) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let arena = take(budgetBytes: budgetBytes)
        defer { giveBack(arena) }
        return try body(arena)
    }

    /// The thread's arena, or one of its own for a use within a use.
    @usableFromInline static func take(budgetBytes: Int) -> ProtoArena {
        let arena: ProtoArena
        if let current = ThreadArena.current, !current.state.pointee.isBusy {
            arena = current
        } else {
            arena = ProtoArena()
            arena.state.pointee.isTemporary = true
        }
        arena.state.pointee.isBusy = true
        arena.reset(budgetBytes: budgetBytes)
        return arena
    }

    @usableFromInline static func giveBack(_ arena: ProtoArena) {
        if arena.state.pointee.isTemporary {
            arena.destroy()
        } else {
            arena.reset(budgetBytes: 0)
            arena.state.pointee.isBusy = false
        }
    }
}

/// The arena of the calling thread, made on first use and destroyed when the thread ends.
enum ThreadArena {
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        let code = pthread_key_create(&key) { data in
            #if canImport(Darwin)
                ProtoArena(adopting: data).destroy()
            #else
                if let data { ProtoArena(adopting: data).destroy() }
            #endif
        }
        return code == 0 ? key : nil
    }()

    /// Nil when the system has no thread-local key left.
    static var current: ProtoArena? {
        guard let key else { return nil }
        if let known = pthread_getspecific(key) { return ProtoArena(adopting: known) }
        let arena = ProtoArena()
        guard pthread_setspecific(key, arena.state) == 0 else {
            arena.destroy()
            return nil
        }
        return arena
    }
}
