import CutoverProto
import Foundation
import Testing

/// The plugin through protoc: what it refuses, and what it says.
@Suite struct SchemaLintTests {
    static let opening = """
        syntax = "proto3";
        package cutover.v1;
        import "protobuf-c/protobuf-c.proto";
        import "cutover/v1/options.proto";

        """

    struct Case: CustomTestStringConvertible {
        var body: String
        var complaint: String

        var testDescription: String { complaint }
    }

    static let refused: [Case] = [
        Case(body: "message A { string name = 1; }", complaint: "cutover.v1.A.name: a string needs"),
        Case(
            body: "message A { repeated string names = 1; }", complaint: "cutover.v1.A.names: a string needs"),
        Case(
            body: "message A { string name = 1 [(pb_c_field).string_as_bytes = false]; }",
            complaint: "cutover.v1.A.name: a string needs"),
        Case(body: "message A { A a = 1; }", complaint: "cutover.v1.A.a: cutover.v1.A contains itself"),
        Case(
            body: "message A { B b = 1; } message B { repeated C c = 1; } message C { A a = 1; }",
            complaint: "cutover.v1.C.a: cutover.v1.A contains itself"),
        Case(body: "message A { map<uint32, uint32> m = 1; }", complaint: "cutover.v1.A.m: a map"),
        Case(body: "message A { oneof o { uint32 a = 1; } }", complaint: "cutover.v1.A.a: oneof o"),
        Case(body: "message A { optional uint32 a = 1; }", complaint: "cutover.v1.A.a: proto3 optional"),
        Case(body: "message A { message B {} }", complaint: "cutover.v1.A.B: define it at the top level"),
        Case(body: "message A { enum B { B_UNSPECIFIED = 0; } }", complaint: "cutover.v1.A.B: define it at the top"),
        Case(body: "message A { float f = 1; }", complaint: "cutover.v1.A.f: descriptor type 2 is not supported"),
        Case(body: "message A { uint32 delete = 1; }", complaint: "cutover.v1.A.delete: the name is a keyword"),
        Case(body: "message A { uint32 taskId = 1; }", complaint: "cutover.v1.A.taskId: write the name in lower"),
        Case(
            body: "message A { " + (1...65).map { "uint32 f\($0) = \($0);" }.joined() + " }",
            complaint: "cutover.v1.A: has more than 64 fields"),
        Case(body: "enum Mode { MODE_A = 0; }", complaint: "cutover.v1.Mode: the first value must be MODE_UNSPECIFIED"),
        Case(
            body: "enum Mode { MODE_UNSPECIFIED = 0; OTHER = 1; }",
            complaint: "cutover.v1.Mode: OTHER must begin with MODE_"),
        Case(
            body: "enum Mode { option allow_alias = true; MODE_UNSPECIFIED = 0; MODE_A = 1; MODE_B = 1; }",
            complaint: "cutover.v1.Mode: number 1 has several names"),
        Case(
            body: "message A {} service S { rpc M(stream A) returns (A); }",
            complaint: "cutover.v1.S.M: client streaming is not supported"),
        Case(
            body: "message A {} service S { rpc M(A) returns (A); }",
            complaint: "cutover.v1.S.M: declare who may call it"),
        Case(
            body: "message A {} service S { rpc M(A) returns (A) { option (role) = ROLE_UNSPECIFIED; } }",
            complaint: "cutover.v1.S.M: declare who may call it"),
        // FNV-1a-32 of these two names is the same.
        Case(
            body: "message A {} service S { rpc \(CollidingNames.first)(A) returns (A); "
                + "rpc \(CollidingNames.second)(A) returns (A); }",
            complaint: "has the method id \(CollidingNames.id) of cutover.v1.S/\(CollidingNames.first)"),
    ]

    @Test(arguments: refused)
    func refuses(sample: Case) throws {
        let outcome = try Self.generate(Self.opening + sample.body)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(sample.complaint), "\(outcome.errors)")
        #expect(outcome.files == [])
    }

    @Test func acceptsWhatIsSound() throws {
        let body = """
            message A { string name = 1 [(pb_c_field).string_as_bytes = true]; repeated B b = 2; }
            message B { double d = 1; repeated double ds = 2; repeated bytes raw = 3; repeated int32 i = 4; }
            service S {
              rpc M(A) returns (stream B) { option idempotency_level = IDEMPOTENT; option (role) = ROLE_FORCE; }
            }
            """
        for parameter in ["model", "codec", "services"] {
            let outcome = try Self.generate(Self.opening + body, parameter: parameter)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(!outcome.files.isEmpty)
        }
    }

    @Test func refusesAnUnknownParameter() throws {
        let outcome = try Self.generate(Self.opening + "message A {}", parameter: "modle")
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("unknown parameter \"modle\""))
    }

    @Test func refusesProto2() throws {
        let outcome = try Self.generate("syntax = \"proto2\"; package cutover.v1; message A {}")
        #expect(outcome.errors.contains("use syntax = \"proto3\""), "\(outcome.errors)")
    }

    private struct Generated {
        var status: Int32
        var errors: String
        var files: [String]
    }

    private static func generate(_ definition: String, parameter: String = "model") throws -> Generated {
        try Tool.withFolder { folder in
            let output = folder.appendingPathComponent("output")
            try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
            try Data(definition.utf8).write(to: folder.appendingPathComponent("sample.proto"))
            let outcome = try Tool.protoc(
                [
                    "--plugin=protoc-gen-cutover=\(try Tool.plugin())", "--cutover_out=\(output.path)",
                    "--cutover_opt=\(parameter)", "-I\(Tool.definitions.path)", "sample.proto",
                ], in: folder)
            return Generated(
                status: outcome.status, errors: outcome.errors,
                files: try FileManager.default.contentsOfDirectory(atPath: output.path))
        }
    }
}

/// Two method names of service cutover.v1.S whose hashes are the same.
enum CollidingNames {
    static let first = "M15749"
    static let second = "M383932"
    static let id: UInt32 = 3_492_317_977
}
