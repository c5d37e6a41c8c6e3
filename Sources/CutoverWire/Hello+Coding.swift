public import NIOCore

extension Hello {
    /// Decodes the body of a HELLO: repeated {u16 key, u16 length, bytes}.
    ///
    /// Unknown keys are skipped unless they must be understood. A known key twice, with a wrong length or below its
    /// floor is a violation.
    public init(decoding body: ByteBuffer) throws(WireViolation) {
        self.init()
        var rest = body
        var seen: UInt64 = 0
        var count = 0
        while rest.readableBytes > 0 {
            guard
                let (rawKey, length) = rest.readMultipleIntegers(as: (UInt16, UInt16).self),
                var value = rest.readSlice(length: Int(length))
            else { throw WireViolation(.protocolError, "HELLO holds part of a setting") }
            count += 1
            guard count <= WireLimits.maxHelloSettings else {
                throw WireViolation(.protocolError, "HELLO holds too many settings")
            }
            guard let key = Key(rawValue: rawKey) else {
                guard rawKey & Self.mustUnderstandBit == 0 else {
                    throw WireViolation(.unsupported, "HELLO holds an unknown setting that must be understood")
                }
                continue
            }
            let bit = UInt64(1) << UInt64(key.rawValue)
            guard seen & bit == 0 else { throw WireViolation(.protocolError, "HELLO holds a setting twice") }
            seen |= bit
            try set(key, from: &value)
        }
    }

    private mutating func set(_ key: Key, from value: inout ByteBuffer) throws(WireViolation) {
        switch key {
        case .maxFrame:
            let bytes = try Self.integer(&value, as: UInt32.self)
            guard bytes >= WireLimits.maxFrameFloor, bytes <= WireLimits.maxFrameCeiling else {
                throw WireViolation(.protocolError, "max_frame is outside 65,536 to 16,777,215")
            }
            maxFrameBytes = bytes
        case .maxInFlight:
            let calls = try Self.integer(&value, as: UInt16.self)
            guard calls >= WireLimits.maxInFlightFloor else {
                throw WireViolation(.protocolError, "max_inflight is below 16")
            }
            maxInFlight = calls
        case .streamCredit: streamCreditBytes = try Self.integer(&value, as: UInt32.self)
        case .features: features = try Self.integer(&value, as: UInt64.self)
        case .credentials:
            guard value.readableBytes <= WireLimits.maxCredentialsBytes else {
                throw WireViolation(.protocolError, "auth is over 4,096 bytes")
            }
            credentials = Array(value.readableBytesView)
        case .agent:
            guard value.readableBytes <= WireLimits.maxAgentBytes else {
                throw WireViolation(.protocolError, "agent is over 64 bytes")
            }
            agent = String(decoding: value.readableBytesView, as: UTF8.self)
        case .minPing: minPingMs = try Self.integer(&value, as: UInt32.self)
        case .idle: idleMs = try Self.integer(&value, as: UInt32.self)
        case .instanceID:
            guard value.readableBytes == 16 else {
                throw WireViolation(.protocolError, "a setting has the wrong length")
            }
            instanceID = Array(value.readableBytesView)
        case .schemaHash: schemaHash = try Self.integer(&value, as: UInt64.self)
        case .majorVersions:
            let bounds = try Self.integer(&value, as: UInt16.self)
            let (low, high) = (UInt8(truncatingIfNeeded: bounds >> 8), UInt8(truncatingIfNeeded: bounds))
            guard low <= high else { throw WireViolation(.protocolError, "the range of versions is empty") }
            majorVersions = low...high
        }
    }

    private static func integer<T: FixedWidthInteger>(
        _ value: inout ByteBuffer, as type: T.Type
    ) throws(WireViolation) -> T {
        guard value.readableBytes == MemoryLayout<T>.size, let number = value.readInteger(as: T.self) else {
            throw WireViolation(.protocolError, "a setting has the wrong length")
        }
        return number
    }

    /// Writes a whole HELLO frame. Text and bytes over their limits are cut.
    public func writeFrame(to buffer: inout ByteBuffer) {
        var body = ByteBuffer()
        Self.write(.maxFrame, maxFrameBytes, to: &body)
        Self.write(.maxInFlight, maxInFlight, to: &body)
        Self.write(.streamCredit, streamCreditBytes, to: &body)
        Self.write(.features, features, to: &body)
        if let credentials {
            Self.write(.credentials, bytes: credentials.prefix(WireLimits.maxCredentialsBytes), to: &body)
        }
        if let agent { Self.write(.agent, bytes: agent.utf8.prefix(WireLimits.maxAgentBytes), to: &body) }
        Self.write(.minPing, minPingMs, to: &body)
        Self.write(.idle, idleMs, to: &body)
        if let instanceID { Self.write(.instanceID, bytes: instanceID.prefix(16), to: &body) }
        Self.write(.schemaHash, schemaHash, to: &body)
        if let majorVersions {
            let bounds = UInt16(majorVersions.lowerBound) << 8 | UInt16(majorVersions.upperBound)
            Self.write(.majorVersions, bounds, to: &body)
        }
        FrameHeader(length: UInt32(clamping: body.readableBytes), type: .hello).write(to: &buffer)
        buffer.writeBuffer(&body)
    }

    private static func write<T: FixedWidthInteger>(_ key: Key, _ value: T?, to body: inout ByteBuffer) {
        guard let value else { return }
        body.writeMultipleIntegers(key.rawValue, UInt16(MemoryLayout<T>.size), value)
    }

    private static func write(_ key: Key, bytes: some Collection<UInt8>, to body: inout ByteBuffer) {
        body.writeMultipleIntegers(key.rawValue, UInt16(clamping: bytes.count))
        body.writeBytes(bytes)
    }
}
