/// How names of the definition are spelled in Swift and in the C code of protoc-c.
enum Naming {
    /// `task_id` -> `taskId`.
    static func property(_ name: String) -> String {
        let parts = name.split(separator: "_").map(String.init)
        guard let first = parts.first else { return name }
        return first + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `StopService` -> `stopService`.
    static func lowerCamel(_ name: String) -> String {
        name.prefix(1).lowercased() + name.dropFirst()
    }

    /// The name, in backticks when Swift reserves it.
    static func escaped(_ name: String) -> String {
        swiftKeywords.contains(name) ? "`\(name)`" : name
    }

    /// `StopMode` -> `STOP_MODE_`.
    static func enumerationPrefix(_ name: String) -> String {
        lowerUnderscore(name).uppercased() + "_"
    }

    /// `cutover.v1.Stop` -> `Stop`. Types of Swift are flat.
    static func type(_ fullName: String) -> String {
        fullName.split(separator: ".").last.map(String.init) ?? fullName
    }

    /// `cutover.v1.StopMode` -> `Cutover__V1__StopMode`.
    static func cType(_ fullName: String) -> String {
        fullName.split(separator: ".").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "__")
    }

    /// `cutover.v1.StopMode` -> `cutover__v1__stop_mode`.
    static func cSymbol(_ fullName: String) -> String {
        fullName.split(separator: ".").map { lowerUnderscore(String($0)) }.joined(separator: "__")
    }

    /// `cutover/v1/stop.proto` -> `Stop`.
    static func fileBase(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        let base = last.split(separator: ".").first.map(String.init) ?? last
        return base.prefix(1).uppercased() + property(String(base)).dropFirst()
    }

    private static func lowerUnderscore(_ name: String) -> String {
        var result = ""
        var wasUpper = true
        for character in name {
            if character.isUppercase, !wasUpper { result.append("_") }
            result += character.lowercased()
            wasUpper = character.isUppercase
        }
        return result
    }

    private static let swiftKeywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
        "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import",
        "in", "init", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol",
        "public", "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw",
        "throws", "true", "try", "typealias", "var", "where", "while",
    ]

    static let cppKeywords: Set<String> = [
        "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class", "compl",
        "const", "const_cast", "continue", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
        "explicit", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
        "namespace", "new", "not", "not_eq", "operator", "or", "or_eq", "private", "protected", "public", "register",
        "reinterpret_cast", "return", "short", "signed", "sizeof", "static", "static_cast", "struct", "switch",
        "template", "this", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using",
        "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
    ]
}
