#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the plugin could not do with its input or output.
struct PluginError: Error, CustomStringConvertible {
    var description: String
}

/// Standard input and output, whole.
enum PluginIO {
    /// The largest request taken, in bytes. Ours is below 200 KiB.
    static let maximumRequestBytes = 64 * 1024 * 1024

    static func readAll() throws -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count == 0 { return result }
            if count < 0 {
                if errno == EINTR { continue }
                throw PluginError(description: "cannot read standard input: errno \(errno)")
            }
            result += chunk[..<count]
            if result.count > maximumRequestBytes {
                throw PluginError(description: "the request is larger than \(maximumRequestBytes) bytes")
            }
        }
    }

    static func writeAll(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw PluginError(description: "cannot write standard output: errno \(errno)")
            }
            rest = rest.dropFirst(count)
        }
    }

    static func complain(_ message: String) {
        let line = Array((message + "\n").utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
