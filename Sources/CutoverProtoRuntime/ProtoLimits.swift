/// The limits on one message that is unpacked.
public enum ProtoLimits {
    /// The largest field number of protobuf, 2^29 - 1.
    ///
    /// A larger one reaches a shift of undefined result inside protobuf-c, so it is refused before unpacking.
    public static let maximumFieldNumber: UInt64 = (1 << 29) - 1

    /// Messages within messages. The schema forbids recursion, so no message of ours comes near it.
    public static let maximumDepth = 16

    /// Memory that every message may use whatever its size.
    public static let unpackBudgetBaseBytes = 64 * 1024

    /// Memory that a message may use for each of its bytes.
    ///
    /// An ordinary message needs 2 to 12 times its size; two-byte unknown fields would take 44 times.
    public static let unpackBudgetFactor = 16

    /// The memory within which a payload must unpack, in bytes.
    ///
    /// It depends on the payload and not on the message: one that was sent with longer varints than it needs, or with
    /// unknown fields, has a smaller budget when it is encoded again, and may then not decode. Only thousands of almost
    /// empty elements in one message come near it, which the services do not accept.
    public static func unpackBudgetBytes(payloadBytes: Int) -> Int {
        let (scaled, overflow) = max(payloadBytes, 0).multipliedReportingOverflow(by: unpackBudgetFactor)
        if overflow { return Int.max }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(unpackBudgetBaseBytes)
        return sumOverflow ? Int.max : sum
    }
}
