// swift-tools-version: 6.2
import PackageDescription

// grpc-swift-2 as a peer of the benchmarks. A package of its own, so that its dependencies burden nobody: dev/bench builds it
// when it measures grpc-swift, and nothing else does.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let core = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let transport = Target.Dependency.product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
    name: "grpc-swift-peer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
    ],
    targets: [
        .target(name: "CBenchMeasure"),
        // Its messages are generated, see .gitignore; they were not written for these settings.
        .target(name: "StopMessages", dependencies: ["CBenchMeasure", core, protobuf]),
        .executableTarget(
            name: "grpc-stop-server", dependencies: ["StopMessages", core, transport, grpcProtobuf, protobuf],
            swiftSettings: settings),
        .executableTarget(
            name: "grpc-stop-load",
            dependencies: ["StopMessages", "CBenchMeasure", core, transport, grpcProtobuf, protobuf],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
