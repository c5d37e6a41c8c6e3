internal import CCutoverProto

/// The schema that this build was made from, for those who want to read it at run time.
public enum SchemaDescriptors {
    /// A `google.protobuf.FileDescriptorSet` with every file that is needed, without comments.
    public static let fileDescriptorSet: [UInt8] = {
        var length = 0
        let start = cutover_file_descriptor_set(&length)
        return Array(UnsafeBufferPointer(start: start, count: length))
    }()
}
