extension FrameHeader {
    /// What is wrong with this header coming from `sender`, judged by the header alone; nil when nothing is.
    ///
    /// What depends on the state of the connection or of a slot is judged by ``ServerConnectionState`` and
    /// ``ClientConnectionState``. Nothing of the body need have arrived, and nothing has been reserved for it.
    public func violation(from sender: WireRole, maxFrameBytes: UInt32) -> WireViolation? {
        guard length <= maxFrameBytes else { return WireViolation(.frameSize, "length is over max_frame") }
        guard let type else {
            return isExtension ? nil : WireViolation(.unsupported, "unknown frame type")
        }
        guard type.isSent(by: sender) else { return WireViolation(.protocolError, "frame in the wrong direction") }
        switch type {
        case .request: return requestViolation
        case .response: return callFrameViolation(definedFlags: ResponseFlags.defined, hasAux: true)
        case .item: return callFrameViolation(definedFlags: 0, hasAux: false)
        case .credit: return creditViolation
        case .cancel: return cancelViolation
        case .hello:
            guard length <= WireLimits.maxHelloBytes else { return WireViolation(.frameSize, "HELLO is too long") }
            return connectionFrameViolation
        case .ping, .pong:
            guard length == 8 else { return WireViolation(.frameSize, "PING and PONG hold 8 bytes") }
            return connectionFrameViolation
        case .drained:
            guard length == 0 else { return WireViolation(.frameSize, "DRAINED has no body") }
            return connectionFrameViolation
        case .goAway: return goAwayViolation
        }
    }

    private static let badID = WireViolation(.protocolError, "slot 0 in the frame of a call")
    private static let reservedBits = WireViolation(.protocolError, "a reserved field is not 0")

    private var requestViolation: WireViolation? {
        guard id != 0 else { return Self.badID }
        guard flags & ~RequestFlags.defined == 0 else { return Self.reservedBits }
        guard length >= UInt32(WireLimits.requestPrefixBytes) else {
            return WireViolation(.frameSize, "REQUEST is shorter than its prefix")
        }
        guard UInt32(metadataLength) <= length - UInt32(WireLimits.requestPrefixBytes) else {
            return WireViolation(.frameSize, "meta_len is over the body")
        }
        return nil
    }

    private func callFrameViolation(definedFlags: UInt8, hasAux: Bool) -> WireViolation? {
        guard id != 0 else { return Self.badID }
        guard flags & ~definedFlags == 0, hasAux || aux == 0 else { return Self.reservedBits }
        guard UInt32(metadataLength) <= length else { return WireViolation(.frameSize, "meta_len is over the body") }
        return nil
    }

    private var creditViolation: WireViolation? {
        guard id != 0 else { return Self.badID }
        guard flags == 0, metadataLength == 0 else { return Self.reservedBits }
        guard length == 0 else { return WireViolation(.frameSize, "CREDIT has no body") }
        guard aux != 0 else { return WireViolation(.flowControl, "CREDIT of 0") }
        guard aux <= UInt32(Int32.max) else { return WireViolation(.flowControl, "CREDIT is over 2^31-1") }
        return nil
    }

    private var cancelViolation: WireViolation? {
        guard id != 0 else { return Self.badID }
        guard flags == 0, metadataLength == 0, CancelReason(rawValue: aux) != nil else { return Self.reservedBits }
        guard length == 0 else { return WireViolation(.frameSize, "CANCEL has no body") }
        return nil
    }

    private var connectionFrameViolation: WireViolation? {
        guard id == 0, flags == 0, metadataLength == 0, aux == 0 else { return Self.reservedBits }
        return nil
    }

    private var goAwayViolation: WireViolation? {
        guard id == 0, flags == 0, metadataLength == 0 else { return Self.reservedBits }
        guard length >= 4, length <= 4 + UInt32(WireLimits.maxGoAwayTextBytes) else {
            return WireViolation(.frameSize, "GOAWAY holds 4 to 260 bytes")
        }
        return nil
    }
}
