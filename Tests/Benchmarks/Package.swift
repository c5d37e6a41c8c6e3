// swift-tools-version: 6.2
import PackageDescription

// Benchmarks live in a package of their own, so that nobody who uses Cutover builds them. Run them with dev/bench.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let rpc = Target.Dependency.product(name: "CutoverRPC", package: "cutover")
let client = Target.Dependency.product(name: "CutoverClient", package: "cutover")
let proto = Target.Dependency.product(name: "CutoverProto", package: "cutover")

let package = Package(
    name: "cutover-benchmarks",
    dependencies: [
        .package(name: "cutover", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(name: "CBenchMeasure", path: "Peers/measure"),
        .target(name: "StopShape", dependencies: ["CBenchMeasure", rpc, proto, nioCore], swiftSettings: settings),
        .executableTarget(
            name: "stop-server", dependencies: ["StopShape", rpc, proto, nioCore, nioPosix, logging],
            swiftSettings: settings),
        .executableTarget(
            name: "stop-load", dependencies: ["StopShape", "CBenchMeasure", rpc, nioCore, nioPosix, logging],
            swiftSettings: settings),
        .executableTarget(
            name: "restart-load", dependencies: ["StopShape", "CBenchMeasure", rpc, nioCore, nioPosix, logging],
            swiftSettings: settings),
        .executableTarget(name: "store-load", dependencies: [client], swiftSettings: settings),
        .executableTarget(name: "bare-loop", dependencies: [grdb], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
