import Foundation
import Glibc

/// A file that a command writes. It gets its name only when it is whole, and never takes the place of another.
package final class OutputFile {
    private let path: String
    private let partial: String
    private var file: FileHandle?

    /// Begins the file beside its place.
    ///
    /// - Throws: ``UsageProblem`` when there is such a file already, or none can be made there.
    package init(path: String) throws(UsageProblem) {
        self.path = path
        guard access(path, F_OK) != 0 else {
            throw UsageProblem("\(path): there is such a file already; name another, or remove it")
        }
        partial = "\(path).\(getpid()).partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw UsageProblem("\(path): cannot be written: \(Self.words(errno))") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    deinit {
        if file != nil { unlink(partial) }
    }

    package func write(_ text: String) throws(UsageProblem) {
        do {
            try file?.write(contentsOf: Data(text.utf8))
        } catch {
            throw UsageProblem("\(path): cannot be written: \(Self.words(errno))")
        }
    }

    /// Makes the file durable and gives it its name.
    package func finish() throws(UsageProblem) {
        guard let file else { return }
        do {
            try file.synchronize()
        } catch {
            throw UsageProblem("\(path): cannot be written: \(Self.words(errno))")
        }
        // A link is refused where a rename would replace what has appeared there meanwhile.
        guard link(partial, path) == 0 else {
            throw UsageProblem("\(path): cannot be written: \(Self.words(errno))")
        }
        unlink(partial)
        self.file = nil
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
