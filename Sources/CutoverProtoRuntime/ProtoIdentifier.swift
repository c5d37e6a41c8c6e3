/// Refuses a NUL where an identifier is meant. Strings of messages may hold one; a name that reaches C must not.
public enum ProtoIdentifier {
    /// Throws ``ProtoError/embeddedNUL(field:)`` when `value` holds a NUL.
    public static func check(_ value: String, field: String) throws(ProtoError) {
        if value.utf8.contains(0) { throw .embeddedNUL(field: field) }
    }
}
