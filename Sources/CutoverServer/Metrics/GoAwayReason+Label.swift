internal import CutoverWire

extension GoAwayReason {
    /// The reasons of PROTOCOL.md, "GOAWAY".
    static let allKnown: [GoAwayReason] = [
        .drain, .protocolError, .frameSize, .version, .unsupported, .flowControl, .tooManyFaults, .timeout, .idle,
        .unauthenticated, .overloaded, .maximumAge, .revoked,
    ]

    /// The name as metrics have it; one for all that are not known.
    var label: String {
        switch self {
        case .drain: "drain"
        case .protocolError: "protocol_error"
        case .frameSize: "frame_size"
        case .version: "version"
        case .unsupported: "unsupported"
        case .flowControl: "flow_control"
        case .tooManyFaults: "too_many_faults"
        case .timeout: "timeout"
        case .idle: "idle"
        case .unauthenticated: "unauthenticated"
        case .overloaded: "overloaded"
        case .maximumAge: "maximum_age"
        case .revoked: "revoked"
        default: "unknown"
        }
    }
}
