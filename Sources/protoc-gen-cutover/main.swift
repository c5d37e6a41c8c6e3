// protoc-gen-cutover: a plugin of protoc. The parameter says what to write: model, codec or services.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

do {
    let response = try PluginCall.answer(try PluginIO.readAll())
    try PluginIO.writeAll(response)
} catch {
    PluginIO.complain("protoc-gen-cutover: \(error)")
    exit(1)
}
