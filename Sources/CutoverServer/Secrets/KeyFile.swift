internal import Foundation

/// The file that holds the key under which passwords are stored.
enum KeyFile {
    /// AES-256.
    static let keyBytes = 32

    /// Reads the key, or makes one where there is no file yet.
    /// - Throws: ``ConfigurationError`` when the file is not 32 bytes or others may read it.
    static func load(path: String) throws -> [UInt8] {
        if !FileManager.default.fileExists(atPath: path) { try create(path: path) }
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw ConfigurationError("The key file \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw ConfigurationError("The key file \(path) is readable by others. Run: chmod 600 \(path)")
        }
        guard let data = FileManager.default.contents(atPath: path), data.count == keyBytes else {
            throw ConfigurationError("The key file \(path) must hold exactly \(keyBytes) bytes.")
        }
        return [UInt8](data)
    }

    private static func create(path: String) throws {
        let descriptor = Foundation.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ConfigurationError("The key file \(path) cannot be made: \(String(cString: strerror(errno))).")
        }
        defer { Foundation.close(descriptor) }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<keyBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let written = key.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard written == keyBytes, fsync(descriptor) == 0 else {
            unlink(path)
            throw ConfigurationError("The key file \(path) cannot be written: \(String(cString: strerror(errno))).")
        }
    }
}
