/// The numbers of methods (PROTOCOL.md, "Methods").
public enum MethodID {
    /// FNV-1a over 32 bits of `package.Service/Method` in UTF-8.
    ///
    /// Constants from the FNV reference (offset basis 2166136261, prime 16777619).
    public static func hash(of name: String) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in name.utf8 {
            hash = (hash ^ UInt32(byte)) &* 16_777_619
        }
        return hash
    }

    /// The numbers kept for methods that every server has; no hash may be one of them.
    public static let reserved: ClosedRange<UInt32> = 1...1023
    public static let healthCheck: UInt32 = 1
    public static let healthWatch: UInt32 = 2
    public static let reflectionList: UInt32 = 3
    public static let stats: UInt32 = 4
    public static let echo: UInt32 = 5
}
