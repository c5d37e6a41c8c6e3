import GRPCCore
import StopMessages
import SwiftProtobuf

/// A method that a load client calls.
protocol MeasuredMethod: Sendable {
    associatedtype Request: SwiftProtobuf.Message
    associatedtype Response: SwiftProtobuf.Message & Equatable
    static var descriptor: MethodDescriptor { get }
}

/// Stops of one task.
enum StopTaskMethod: MeasuredMethod {
    typealias Request = Cutover_V1_StopTaskRequest
    typealias Response = Cutover_V1_StopTaskResponse
    static var descriptor: MethodDescriptor { PeerMethod.stopTask }
}

/// Echo.
enum EchoMethod: MeasuredMethod {
    typealias Request = Cutover_V1_EchoRequest
    typealias Response = Cutover_V1_EchoResponse
    static var descriptor: MethodDescriptor { PeerMethod.echo }
}
