import CFuzzTargets
import CutoverModel
import CutoverProto

/// A message type of the schema, as Swift and as C know it.
///
/// `@unchecked Sendable`: the descriptor is a `const` object of static storage that nothing ever writes.
struct SchemaMessage: @unchecked Sendable {
    let type: any ProtoMessage.Type
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    /// Every one, in the order of the definitions; nil when C lacks one.
    private static let all: [SchemaMessage]? = {
        let known = ProtoCatalog.messages.compactMap { type in
            cutover_fuzz_descriptor(type.messageName).map { SchemaMessage(type: type, descriptor: $0) }
        }
        return known.count == ProtoCatalog.messages.count ? known : nil
    }()

    static func number(_ number: Int) throws(FuzzFinding) -> SchemaMessage {
        guard let all else { throw FuzzFinding("Tests/CFuzzTargets/descriptors.c lacks a message of the schema") }
        return all[number % all.count]
    }

    static func index(of type: any ProtoMessage.Type) -> UInt8 {
        UInt8(clamping: ProtoCatalog.messages.firstIndex { $0 == type } ?? 0)
    }
}
