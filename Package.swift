// swift-tools-version: 6.2
import PackageDescription

/// A build for a sanitizer, see the end of this file.
let isSanitized = Context.environment["CUTOVER_SANITIZED"] != nil

/// One settings array for every Swift target. Warnings become errors by a flag in CI, not here.
let settings: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault")]
    + (isSanitized ? [.define("CUTOVER_SANITIZED")] : [])

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "cutover",
    products: [
        .library(name: "CutoverClient", targets: ["CutoverClient"]),
        .library(name: "CutoverRPC", targets: ["CutoverRPC"]),
        .library(name: "CutoverProto", targets: ["CutoverModel", "CutoverProto"]),
        .executable(name: "cutoverd", targets: ["cutoverd"]),
        .executable(name: "cutover", targets: ["cutover"]),
        .executable(name: "cutover-load", targets: ["cutover-load"]),
        .executable(name: "protoc-gen-cutover", targets: ["protoc-gen-cutover"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // C libraries, each behind one target.
        .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CCutoverProto", dependencies: ["CProtobufC"]),
        .target(name: "CProtocPlugin", dependencies: ["CProtobufC"]),

        // Messages: bytes <-> values.
        .target(name: "CutoverModel", swiftSettings: settings),
        // The seeded generator of random tests.
        .target(name: "TestRandom", path: "Tests/Random", swiftSettings: settings),
        // The vectors of the protocol, and the notation of their bytes.
        .target(name: "TestVectors", path: "Tests/Vectors", swiftSettings: settings),
        // What is fuzzed. Tests/Fuzz runs it under libFuzzer, the tests replay the inputs that were kept.
        .target(name: "CFuzzTargets", dependencies: ["CCutoverProto", "CProtobufC"], path: "Tests/CFuzzTargets"),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CFuzzTargets", "CutoverMariaDB", "CutoverModel", "CutoverProto", "CutoverProtoRuntime", "CutoverWire",
                "TestRandom", "TestVectors", nioCore,
            ],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        .testTarget(name: "FuzzReplayTests", dependencies: ["FuzzTargets"], swiftSettings: settings),
        .testTarget(name: "CutoverModelTests", dependencies: ["CutoverModel"], swiftSettings: settings),
        .target(name: "CutoverProtoRuntime", dependencies: ["CProtobufC"], swiftSettings: settings),
        .target(
            name: "CutoverProto",
            dependencies: ["CutoverModel", "CutoverProtoRuntime", "CCutoverProto", "CProtobufC"],
            swiftSettings: settings),
        .testTarget(
            name: "CutoverProtoTests",
            dependencies: ["CutoverProto", "CutoverProtoRuntime", "CutoverModel", "protoc-gen-cutover", "TestRandom"],
            swiftSettings: settings),
        .executableTarget(
            name: "protoc-gen-cutover", dependencies: ["CutoverProtoRuntime", "CProtocPlugin", "CProtobufC"],
            swiftSettings: settings),

        // The lock of what is run under ThreadSanitizer.
        .target(name: "CutoverLocking", swiftSettings: settings),

        // Protocol: frames, calls, services.
        .target(name: "CutoverWire", dependencies: ["CutoverModel", nioCore], swiftSettings: settings),
        .testTarget(
            name: "CutoverWireTests",
            dependencies: ["CutoverWire", "CutoverModel", "CutoverProto", "TestVectors", nioCore],
            swiftSettings: settings),
        .target(
            name: "CutoverRPC",
            dependencies: [
                "CutoverLocking", "CutoverModel", "CutoverProto", "CutoverWire", nioCore, nioPosix, nioTLS, nioSSL,
                logging, tracing,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CutoverRPCTests",
            dependencies: [
                "CutoverLocking", "CutoverModel", "CutoverRPC", "CutoverWire", "TestRandom", "TestVectors", nioCore,
                nioPosix, nioSSL, nioTLS, nioEmbedded, tracing, inMemoryTracing,
            ],
            swiftSettings: settings),
        // Drives the Swift client for the conformance cases.
        .executableTarget(
            name: "conformance-adapter",
            dependencies: ["CutoverModel", "CutoverProto", "CutoverRPC", nioCore, logging],
            path: "Tests/Conformance/Swift", swiftSettings: settings),
        .target(
            name: "CutoverServices", dependencies: ["CutoverModel", "CutoverProto", "CutoverRPC", nioCore],
            swiftSettings: settings),
        .testTarget(
            name: "CutoverServicesTests",
            dependencies: ["CutoverServices", "CutoverRPC", "CutoverModel", nioCore, logging],
            swiftSettings: settings),

        // The task core and its adapters.
        .target(name: "CutoverTasks", dependencies: ["CutoverModel"], swiftSettings: settings),
        .testTarget(
            name: "CutoverTasksTests", dependencies: ["CutoverTasks", "CutoverModel", "TestRandom"],
            swiftSettings: settings),
        .target(
            name: "CutoverSQLite",
            dependencies: ["CutoverModel", "CutoverProto", "CutoverTasks", grdb, sqlite, logging, crypto],
            swiftSettings: settings),
        // A process for the store's tests to kill.
        .executableTarget(
            name: "store-worker", dependencies: ["CutoverSQLite", "CutoverTasks", "CutoverModel", grdb, logging],
            path: "Tests/StoreWorker", swiftSettings: settings),
        .testTarget(
            name: "CutoverSQLiteTests",
            dependencies: [
                "CutoverSQLite", "CutoverTasks", "CutoverModel", "CutoverProto", "TestRandom", "store-worker", grdb,
                logging,
            ],
            swiftSettings: settings),
        .target(
            name: "CutoverMariaDB",
            dependencies: ["CutoverLocking", "CutoverModel", "CutoverTasks", "CMariaDB", logging],
            swiftSettings: settings),
        .target(
            name: "CutoverTestSupport", dependencies: ["CutoverModel", "CutoverTasks", "CutoverMariaDB"],
            path: "Tests/Support", swiftSettings: settings),
        .testTarget(
            name: "CutoverMariaDBTests",
            dependencies: ["CutoverMariaDB", "CutoverTasks", "CutoverModel", "CutoverTestSupport", "TestRandom"],
            swiftSettings: settings),

        // Posts to webhooks.
        .target(name: "CutoverHTTP", dependencies: ["CCurl"], swiftSettings: settings),

        // What is measured, as Prometheus reads it.
        .target(
            name: "CutoverMetrics", dependencies: [nioCore, nioPosix, nioHTTP1, logging, metrics],
            swiftSettings: settings),
        // A client that sends a listener of HTTP whatever it is told to.
        .target(name: "TestHTTP", path: "Tests/HTTP", swiftSettings: settings),
        .testTarget(
            name: "CutoverMetricsTests",
            dependencies: ["CutoverMetrics", "TestHTTP", "TestRandom", nioCore, logging, metrics],
            swiftSettings: settings),

        // The server.
        .target(
            name: "CutoverServer",
            dependencies: [
                "CutoverModel", "CutoverProto", "CutoverWire", "CutoverRPC", "CutoverServices", "CutoverTasks",
                "CutoverSQLite", "CutoverMariaDB", "CutoverHTTP", "CutoverMetrics", nioCore, nioPosix, logging, metrics,
                crypto, yams,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CutoverServerTests",
            dependencies: [
                "CutoverServer", "CutoverClient", "CutoverRPC", "CutoverServices", "CutoverWire", "CutoverTasks",
                "CutoverModel", "CutoverSQLite", "CutoverMetrics", "TestHTTP", "TestRandom", nioCore, crypto, logging,
                metrics,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "cutoverd", dependencies: ["CutoverServer", "CutoverMetrics", logging, metrics, arguments],
            swiftSettings: settings),

        // Clients: they know the server only through the wire.
        .target(
            name: "CutoverClient",
            dependencies: ["CutoverModel", "CutoverRPC", "CutoverServices", nioCore, nioPosix, logging],
            path: "Clients/Swift", exclude: ["README.md"], swiftSettings: settings),
        .testTarget(
            name: "CutoverClientTests",
            dependencies: ["CutoverClient", "CutoverModel", "CutoverRPC", "CutoverServices", logging],
            swiftSettings: settings),
        // What the commands share: the terminal, formats, the options of a connection and of a specification.
        .target(
            name: "CutoverConsole", dependencies: ["CutoverClient", "CutoverModel", arguments, yams],
            path: "Clients/Console", swiftSettings: settings),
        .testTarget(
            name: "ConsoleTests", dependencies: ["CutoverClient", "CutoverConsole", "CutoverModel"],
            swiftSettings: settings),
        .executableTarget(
            name: "cutover",
            dependencies: ["CutoverClient", "CutoverConsole", "CutoverModel", "CutoverProto", arguments, crypto, yams],
            path: "Clients/CLI", exclude: ["README.md"], swiftSettings: settings),
        .executableTarget(
            name: "cutover-load",
            dependencies: ["CutoverClient", "CutoverConsole", "CutoverModel", "CutoverRPC", arguments, histogram],
            path: "Clients/Load", exclude: ["README.md"], swiftSettings: settings),
        .testTarget(
            name: "LoadTests",
            dependencies: [
                "cutover-load", "CutoverClient", "CutoverConsole", "CutoverModel", "CutoverRPC", "CutoverServices",
                "CutoverTestSupport", "TestRandom", arguments, histogram, logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "cutover", "CutoverClient", "CutoverConsole", "CutoverModel", "CutoverProto", "CutoverRPC",
                "CutoverServices", "TestRandom", arguments, logging, yams,
            ],
            swiftSettings: settings),

        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "CutoverClient", "CutoverModel", "CutoverMariaDB", "CutoverTestSupport", "TestHTTP", "TestRandom",
                "cutover-load",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// A sanitizer build examines what decodes hostile bytes and what runs on many threads. With CUTOVER_SANITIZED set, only
// that is in the package, so that nothing else (the database layer) is built a second and third time; with the value
// `decoders`, only the former, which needs no TLS library either.
if isSanitized {
    let decodersOnly = Context.environment["CUTOVER_SANITIZED"] == "decoders"
    let connected: Set = ["CutoverRPC", "CutoverRPCTests", "CutoverServices", "CutoverServicesTests"]
    let examined: Set = [
        "CProtobufC", "CMariaDB", "CCutoverProto", "CProtocPlugin", "CutoverModel", "CutoverProtoRuntime",
        "CutoverProto", "CutoverProtoTests", "CutoverLocking", "protoc-gen-cutover", "CutoverWire", "CutoverWireTests",
        "CutoverTasks", "CutoverMariaDB", "CutoverTestSupport", "CutoverMariaDBTests", "TestRandom", "TestVectors",
        "CFuzzTargets", "FuzzTargets", "FuzzReplayTests",
    ]
    package.targets.removeAll { !examined.contains($0.name) && (decodersOnly || !connected.contains($0.name)) }
    package.products = [.library(name: "FuzzTargets", targets: ["FuzzTargets"])]
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
        let needed =
            ["/swift-nio", "/swift-log"] + (decodersOnly ? [] : ["/swift-nio-ssl", "/swift-distributed-tracing"])
        return !needed.contains { location.hasSuffix($0) }
    }
}
