internal import CutoverWire
internal import NIOCore

/// What is known of a call from its REQUEST on, for whoever is told of its end.
struct CallOrigin {
    let arrived: NIODeadline
    /// The size of its message.
    let requestBytes: Int
    /// Empty until it was decoded.
    var metadata = Metadata()
    /// The size of the stream messages sent so far.
    var sentBytes = 0
}
