// swift-tools-version: 6.2
import PackageDescription

// The fuzzer is a package of its own, so that nobody who uses Cutover builds it. Run it with dev/fuzz, which gives the flags
// that every module is compiled with and the path of libFuzzer.
//
// What is fuzzed are the targets of FuzzTargets in the root package, where the ordinary tests replay the corpus. The root
// package offers it to sanitizer builds only, so CUTOVER_SANITIZED must be set.

let package = Package(
    name: "cutover-fuzz",
    dependencies: [.package(name: "cutover", path: "../..")],
    targets: [
        .target(name: "CLibFuzzer"),
        .executableTarget(
            name: "cutover-fuzz",
            dependencies: ["CLibFuzzer", .product(name: "FuzzTargets", package: "cutover")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
