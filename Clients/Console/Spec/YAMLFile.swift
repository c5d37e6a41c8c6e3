import Foundation
package import Yams

/// Reads YAML files that people write; each error names the file and the line, but never the text around it, which may
/// hold a password.
package enum YAMLFile {
    /// What a path is called in errors.
    package static func name(path: String) -> String {
        path == "-" ? "standard input" : path
    }

    /// The text of the file at a path, `-` for the standard input.
    package static func text(path: String, limitBytes: Int) throws(UsageProblem) -> String {
        let name = name(path: path)
        let data: Data?
        do {
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            data = try handle.read(upToCount: limitBytes + 1)
        } catch {
            throw UsageProblem("\(name): cannot be read: \(FileProblem.words(error))")
        }
        guard let data, !data.isEmpty else { throw UsageProblem("\(name): is empty") }
        guard data.count <= limitBytes else { throw UsageProblem("\(name): is larger than \(limitBytes) bytes") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw UsageProblem("\(name): is not UTF-8 text")
        }
        return text
    }

    /// The document in a text; nil when there is none.
    package static func root(of yaml: String, name: String) throws(UsageProblem) -> Node? {
        do {
            return try Yams.compose(yaml: yaml)
        } catch {
            throw problem(error, name: name)
        }
    }

    private static func problem(_ error: any Error, name: String) -> UsageProblem {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            UsageProblem("\(name):\(mark.line): \(problem)")
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            UsageProblem("\(name):\(context.mark.line): key given twice: \(duplicates.joined(separator: ", "))")
        default: UsageProblem("\(name): is not valid YAML")
        }
    }
}
