/// The numbers by which calls name their methods.
enum MethodIDs {
    /// Numbers that no hash may take; given out below by hand.
    static let reserved: ClosedRange<UInt32> = 0...1023

    /// Methods with a number of their own.
    static let fixed: [String: UInt32] = [
        "cutover.v1.Health/Check": 1,
        "cutover.v1.Health/Watch": 2,
        "cutover.v1.Reflection/List": 3,
        "cutover.v1.Stats/Get": 4,
        "cutover.v1.Echo/Echo": 5,
    ]

    /// The number of a method such as `cutover.v1.StopService/StopTask`: FNV-1a, 32 bits, of its full name.
    static func id(of name: String) -> UInt32 {
        if let fixed = fixed[name] { return fixed }
        return name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}
