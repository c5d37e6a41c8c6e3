public import GRPCCore

/// The methods that are measured, by the names that the other peers serve them under.
///
/// Their descriptors are written by hand, as the generator would: it has no way to leave out the other methods of a service.
public enum PeerMethod {
    /// Stops one task.
    public static let stopTask = MethodDescriptor(
        service: ServiceDescriptor(fullyQualifiedService: "cutover.v1.StopService"), method: "StopTask", type: .unary)
    /// Sends back what it is sent.
    public static let echo = MethodDescriptor(
        service: ServiceDescriptor(fullyQualifiedService: "cutover.v1.Echo"), method: "Echo", type: .unary)
    /// Sends a stream of items of 64 KiB.
    public static let bulk = MethodDescriptor(
        service: ServiceDescriptor(fullyQualifiedService: "cutover.benchmarks.Bulk"), method: "Send",
        type: .serverStreaming)
}
