internal import Crypto
internal import Foundation

/// A bearer token as text: `cut_`, 12 characters that name it, `_`, and 43 characters of base64url that prove it.
///
/// The secret is 256 random bits. A plain SHA-256 of it may be stored, for nobody can try so many; the slow hashes made for
/// passwords would only make each handshake slow.
struct BearerToken {
    static let prefix = "cut_"
    static let idLength = 12
    static let secretLength = 43

    let id: String
    let secret: [UInt8]

    /// A new one.
    static func random() -> BearerToken {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let id = (0..<idLength).compactMap { _ in letters.randomElement(using: &generator) }
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let secret = Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return BearerToken(id: String(decoding: id, as: UTF8.self), secret: Array(secret.utf8))
    }

    private init(id: String, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }

    /// Nil for anything of another shape.
    init?(_ bytes: [UInt8]) {
        let head = Array(Self.prefix.utf8)
        guard bytes.count == head.count + Self.idLength + 1 + Self.secretLength, bytes.starts(with: head) else {
            return nil
        }
        let id = bytes[head.count..<head.count + Self.idLength]
        guard id.allSatisfy(Self.isIDCharacter), bytes[head.count + Self.idLength] == UInt8(ascii: "_") else {
            return nil
        }
        self.id = String(decoding: id, as: UTF8.self)
        secret = Array(bytes.suffix(Self.secretLength))
    }

    static func isID(_ text: String) -> Bool {
        text.utf8.count == idLength && text.utf8.allSatisfy(isIDCharacter)
    }

    private static func isIDCharacter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// What is shown once, to whoever asked for the token.
    var text: String { "\(Self.prefix)\(id)_\(String(decoding: secret, as: UTF8.self))" }

    /// What is stored.
    var digest: [UInt8] { Array(SHA256.hash(data: secret)) }

    /// Compares two digests in a time that does not depend on where they differ.
    static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
